import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, asyncProperty, string } from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openNamespacedKeychains } from "./index.ts";
import { auth, canary, failureOf, ownerOf, tells } from "./machine.test.fixture.ts";

const repository = { domain: "quay.io", path: "crio/fedora-crio-ci" };

/** As crio-credential-provider calls the file. */
const fileOfTeam = "team-7aa25047c59c6c2e20b839f5b9820e3702dade4a97154d4df1f5cd1a9b44cfde.json";

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "namespaced-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const text = (auths: object): string => JSON.stringify({ auths });

test("takes the file of a namespace and a repository, for one pull, and nothing of it stays on the disk", async () => {
  const directory = await scratch();
  await writeFile(join(directory, fileOfTeam), text({ "quay.io": auth("own"), "mirror.example": auth("mirror") }));
  const keychains = await openNamespacedKeychains(directory);
  expect(await keychains.take("other", repository)).toBeUndefined();
  expect(await keychains.take("team", { ...repository, path: "crio/other" })).toBeUndefined();
  const taken = await keychains.take("team", repository);
  expect(ownerOf(await taken?.find(repository))).toBe("own");
  expect(ownerOf(await taken?.find({ domain: "mirror.example", path: "a/b" }))).toBe("mirror");
  expect(await taken?.find({ domain: "else.example", path: "a/b" })).toBeUndefined();
  expect(await keychains.take("team", repository)).toBeUndefined();
  expect(await readdir(directory)).toEqual(["in-use"]);
  expect(await readdir(join(directory, "in-use"))).toEqual([]);
  expect((await stat(join(directory, "in-use"))).mode & 0o777).toBe(0o700);
});

test("of many who want it at once, one gets it", async () => {
  const directory = await scratch();
  await writeFile(join(directory, fileOfTeam), text({ "quay.io": auth("own") }));
  const keychains = await openNamespacedKeychains(directory);
  const taken = await Promise.all(Array.from({ length: 20 }, () => keychains.take("team", repository)));
  expect(taken.filter((keychain) => keychain !== undefined)).toHaveLength(1);
});

test("removes what a crash has left in use, and a directory that is missing is fine", async () => {
  const directory = await scratch();
  await mkdir(join(directory, "in-use"));
  await writeFile(join(directory, "in-use", "team-x.json"), canary);
  await writeFile(join(directory, fileOfTeam), "{}");
  await openNamespacedKeychains(directory);
  expect(await readdir(join(directory, "in-use"))).toEqual([]);
  expect(await readFile(join(directory, fileOfTeam), "utf8")).toBe("{}");
  const missing = await openNamespacedKeychains(join(directory, "missing"));
  expect(await missing.take("team", repository)).toBeUndefined();
});

test.for([
  { what: "no JSON", lay: (path: string) => writeFile(path, `{"auths": ${canary}`), says: "it is not JSON" },
  {
    what: "damaged",
    lay: (path: string) => writeFile(path, JSON.stringify({ auths: { "quay.io": { auth: 7 } }, [canary]: 1 })),
    says: "is not as it should be",
  },
  { what: "a directory", lay: (path: string) => mkdir(path), says: "it is not a regular file" },
  { what: "a link", lay: (path: string) => symlink("/etc/passwd", path), says: "it is a link" },
  { what: "too big", lay: (path: string) => writeFile(path, Buffer.alloc(4 * 1024 * 1024 + 1)), says: "it has more" },
])("a file that is $what is refused, without its content, and is gone", async ({ lay, says }) => {
  const directory = await scratch();
  await lay(join(directory, fileOfTeam));
  const keychains = await openNamespacedKeychains(directory);
  const failure = await failureOf(keychains.take("team", repository));
  expect(failure).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(says) });
  expect(failure.message).toContain(join(directory, fileOfTeam));
  expect(tells(failure)).toBe(false);
  expect(await readdir(join(directory, "in-use"))).toEqual([]);
  expect(await readFile("/etc/passwd")).not.toHaveLength(0);
});

test("credentials of a namespace run no programs", async () => {
  const directory = await scratch();
  const named = { credHelpers: { "quay.io": "evil" }, credsStore: "evil", auths: { "quay.io": auth("own") } };
  await writeFile(join(directory, fileOfTeam), JSON.stringify(named));
  const taken = await (await openNamespacedKeychains(directory)).take("team", repository);
  expect(ownerOf(await taken?.find(repository))).toBe("own");
});

test.for(["", ".", "..", "../team", "a/b", "A", "team-", "-team", "a.b", "a\0b", "a".repeat(64)])(
  "the namespace %j never becomes a path",
  async (namespace) => {
    const directory = await scratch();
    const keychains = await openNamespacedKeychains(join(directory, "auth"));
    const hash = createHash("sha256").update("quay.io/crio/fedora-crio-ci").digest("hex");
    if (!namespace.includes("\0")) {
      const path = join(directory, "auth", `${namespace}-${hash}.json`);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, text({ "quay.io": auth("own") }));
    }
    await expect(keychains.take(namespace, repository)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("it is no name of a namespace"),
    });
  },
);

test("whatever a file holds, it is taken or refused", async () => {
  const directory = await scratch();
  const keychains = await openNamespacedKeychains(directory);
  const holds = asyncProperty(string({ unit: "binary" }), async (content) => {
    await writeFile(join(directory, fileOfTeam), content);
    await keychains.take("team", repository).catch((error: unknown) => {
      expect(error).toMatchObject({ name: "StowageError", code: "invalid-argument" });
    });
    expect(await readdir(join(directory, "in-use"))).toEqual([]);
  });
  await assert(holds);
});
