import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { openArchive } from "@stowage/archive";
import { makeArtifact, makeImage, smallImage } from "@stowage/image-fixtures";
import { status, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { openPlace, type Place } from "../run-here.test.fixture.ts";

function imageOf(...names: readonly string[]) {
  const layers = names.map((name) => ({
    files: [{ kind: "file" as const, name, content: Buffer.alloc(40_000, name) }],
  }));
  return makeImage({ platforms: [{ platform: "linux/amd64", layers }] });
}

function artifact() {
  const file = { title: "model", mediaType: "application/octet-stream", content: "weights" };
  return makeArtifact({ artifactType: "application/vnd.example.model", files: [file] });
}

/** What has to be the same of an image wherever it is. */
const identities = async ({ ask }: Place) => {
  const images = await ask("images");
  return Array.isArray(images)
    ? images.map(({ id, tags, digests, manifest, index }) => ({ id, tags, digests, manifest, index }))
    : [];
};

const forms = [
  { type: "docker-archive", output: "docker.tar" },
  { type: "oci-archive", output: "oci.tar" },
  { type: "oci-layout", output: "layout" },
];

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("what is saved is loaded elsewhere with all its digests, and again with nothing to do, in every form", async () => {
    const [here, there] = [await openPlace(held), await openPlace(held)];
    const names = [await here.pull("team/small", smallImage()), await here.pull("team/two", imageOf("base", "two"))];
    for (const { type, output } of forms) {
      const path = join(here.directory, "out", output);
      const saved = await here.ask("save", ...names, "-o", path, "--type", type);
      expect(saved).toMatchObject(names.map((name) => ({ names: [name], digest: expect.any(String), output: path })));
      expect(await there.print("load", "-i", path)).toMatch(/^(?:sha256:[0-9a-f]{64}\n){2}$/);
      expect(await identities(there)).toEqual(expect.arrayContaining([...(await identities(here))]));
      const images = await there.ask("images");
      const again = await there.run("load", path);
      const told = again.err.match(/^Loaded .*$/gm);
      expect(told).toEqual(names.map(() => expect.stringContaining(": everything was there, ")));
      expect(await there.ask("images")).toEqual(images);
      await there.print("rm", "--all");
    }
  });

  test("loading again reads no layer, since it works where the archive has lost them all", async () => {
    const { directory, pull, print, ask } = await openPlace(held);
    const made = smallImage();
    const name = await pull("small", made);
    const layout = join(directory, "out", "layout/");
    await print("save", name, "-o", layout);
    const images = await ask("images");
    for (const { layers } of made.platforms)
      for (const { descriptor } of layers)
        await rm(join(layout, "blobs", descriptor.digest.replace(":", "/")), { force: true });
    expect(await print("load", "-q", layout)).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(await ask("images")).toEqual(images);
  });

  test("references by digest hold where there is no registry: that of an index, and that of a manifest", async () => {
    const [here, there] = [await openPlace(held), await openPlace(held)];
    const made = smallImage();
    here.registry.putImage("small", "1", made);
    for (const digest of [made.digest, made.platforms[0]?.manifest.digest]) {
      const name = `${here.registry.host}/small@${digest}`;
      await here.print("pull", "-q", "--plain-http", "--platform", "linux/amd64", name);
      const path = join(here.directory, "out", "a.tar");
      expect(await here.ask("save", name, "-o", path)).toMatchObject([{ names: [name], digest }]);
      await there.print("load", "-q", path);
      expect(await there.ask("inspect", name)).toMatchObject({ id: made.platforms[0]?.id, tags: [], digests: [name] });
      await Promise.all([here, there].map(({ print }) => print("rm", "--all")));
    }
  });

  test("takes no name that another image has, pinned or not, and leaves that image alone", async () => {
    const [here, there] = [await openPlace(held), await openPlace(held)];
    const [first, second] = [await here.pull("app", imageOf("new")), await here.pull("free", imageOf("free"))];
    const old = await there.pull("old", imageOf("old"));
    await there.print("tag", old, first);
    const path = join(here.directory, "out", "a.tar");
    await here.print("save", first, second, "-o", path);
    for (const pinned of [false, true]) {
      if (pinned) await there.print("pin", first);
      const before = await identities(there);
      const refused = await there.run("load", path, "-q");
      expect(refused).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^stowage: Cannot [^\n]*; --force takes .*\n$/),
      });
      expect(refused.out.toString()).toMatch(/^sha256:[0-9a-f]{64}\n$/); // the other one came
      expect((await identities(there)).filter(({ tags }) => !tags.includes(second))).toEqual(
        before.filter(({ tags }) => !tags.includes(second)),
      );
    }
    await there.print("load", path, "-q", "--force");
    expect(await there.ask("inspect", first)).toMatchObject({
      id: (await identities(here)).find(({ tags }) => tags.includes(first))?.id,
    });
  });

  test("a broken archive leaves nothing, and says so in one line", async () => {
    const [here, there] = [await openPlace(held), await openPlace(held)];
    const path = join(here.directory, "out", "a.tar");
    await here.print("save", await here.pull("large", imageOf("a", "b")), "-o", path);
    const whole = await readFile(path);
    const wrong = Buffer.from(whole);
    wrong.writeUInt8(wrong.readUInt8(whole.length - 1500) ^ 1, whole.length - 1500);
    for (const { bytes, code } of [
      { bytes: whole.subarray(0, whole.length / 2), code: 1 },
      { bytes: wrong, code: 1 },
      { bytes: gzipSync(whole).subarray(0, 300), code: 1 },
      { bytes: Buffer.from("no archive"), code: 2 },
      { bytes: Buffer.alloc(0), code: 2 },
    ]) {
      await writeFile(path, bytes);
      const ended = await there.run("load", "-q", path);
      expect({ code: ended.code, out: ended.out.toString() }).toEqual({ code, out: "" });
      expect(ended.err).toMatch(/^stowage: Cannot [^\n]*\n$/);
      expect(await identities(there)).toEqual([]);
    }
  });

  test("what cannot be saved leaves no file", async () => {
    const { directory, pull, run, registry } = await openPlace(held);
    const name = await pull("small", smallImage());
    const out = join(directory, "out");
    await mkdir(join(out, "full"));
    await writeFile(join(out, "full", "file"), "");
    for (const { args, code } of [
      { args: [name, "none:1", "-o", join(out, "a.tar")], code: 3 },
      { args: [name, "-o", join(out, "no", "a.tar")], code: 3 },
      { args: [name, "-o", out, "--type", "docker-archive"], code: 2 },
      { args: [name, "--type", "oci-layout"], code: 2 },
      { args: [name, "--type", "zip"], code: 2 },
      { args: [name, "-o", join(out, "full")], code: 1 },
      { args: [name, "-o", "/dev/full"], code: 1 },
    ]) {
      const ended = await run("save", "-q", ...args);
      expect({ args, code: ended.code, out: ended.out.toString() }).toEqual({ args, code, out: "" });
      expect(ended.err).toMatch(/^stowage: [^\n]*\n$/);
    }
    registry.wrap(when(/\/blobs\//, status(404))); // which has the layers, since they are not kept
    const ended = await run("save", "-q", name, "-o", join(out, "a.tar"));
    expect(ended).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^stowage: Cannot [^\n]* not kept here[^\n]*\n$/),
    });
    expect(await readdir(out)).toEqual(["full"]);
    expect(await readdir(join(out, "full"))).toEqual(["file"]);
  });
});

/** Who holds the store is not asked for what follows. */
const held = { daemon: true };

test("saving twice gives the same bytes, on stdout too, and an archive that is there is replaced whole", async () => {
  const { directory, pull, print, run } = await openPlace(held);
  const name = await pull("small", smallImage());
  const [out, path] = [join(directory, "out"), join(directory, "out", "a.tar")];
  await writeFile(path, "in the way");
  await symlink("a.tar", join(out, "link.tar"));
  expect(await print("save", name, "-o", join(out, "link.tar"))).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  const { out: bytes, code } = await run("save", name, "--json");
  expect(code).toBe(0);
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect((await readdir(out)).toSorted()).toEqual(["a.tar", "link.tar"]);
});

test("loads compressed archives, and an artifact; an id is saved with all names", async () => {
  const [here, there] = [await openPlace(held), await openPlace(held)];
  const name = await here.pull("small", smallImage());
  await here.print("tag", name, "example.com/other:2");
  const model = await here.pull("artifact", artifact());
  const [image] = await identities(here).then((all) => all.filter(({ tags }) => tags.includes(name)));
  const path = join(here.directory, "out", "a.tar");
  expect(await here.ask("save", image?.id.slice(7, 19), model, "-o", path)).toMatchObject([
    { names: [name, "example.com/other:2"].toSorted() },
    { names: [model] },
  ]);
  const bytes = await readFile(path);
  for (const compressed of [gzipSync(bytes), zstdCompressSync(bytes)]) {
    await writeFile(path, compressed);
    await there.print("load", "-q", path);
    const ids = async (place: Place) => new Set((await identities(place)).map(({ id }) => id));
    expect(await ids(there)).toEqual(await ids(here));
    await there.print("rm", "--all");
  }
});

test("--name names the only image of an archive, and --platform chooses another one", async () => {
  const [here, there] = [await openPlace(held), await openPlace(held)];
  const path = join(here.directory, "out", "a.tar");
  const name = await here.pull("small", smallImage());
  await here.print("pull", "-q", "--plain-http", "--platform", "linux/arm64", name);
  await here.print("save", name, "-o", path);
  const refused = await there.run("load", "-q", path);
  expect(refused).toMatchObject({ code: 3, err: expect.stringContaining("; --platform chooses another one\n") });
  for (const args of [
    [path, "-i", path],
    [path, "--name", `mine@${smallImage().digest}`],
    ["--platform", "x", path],
  ])
    expect(await there.run("load", "-q", ...args)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^stowage: Cannot [^\n]*\n$/),
    });
  await there.print("load", "-q", "--platform", "linux/arm64", "--name", "mine:2", path);
  expect(await there.ask("images")).toMatchObject([{ tags: ["docker.io/library/mine:2"], platform: "linux/arm64" }]);
});

test("an archive of a single platform of an index says so, and no more", async () => {
  const { directory, pull, print } = await openPlace(held);
  const made = smallImage();
  const path = join(directory, "out", "a.tar");
  await print("save", await pull("small", made), "-o", path);
  await using archive = await openArchive(path);
  expect(archive).toMatchObject({ form: "docker-archive", images: [{ root: { digest: made.digest } }] });
  const [amd64, arm64] = made.platforms;
  if (amd64 === undefined || arm64 === undefined) throw new Error("the image has two");
  expect(await Array.fromAsync(archive.read(amd64.manifest.digest))).toHaveLength(1);
  await expect(Array.fromAsync(archive.read(arm64.manifest.digest))).rejects.toMatchObject({ code: "not-found" });
});
