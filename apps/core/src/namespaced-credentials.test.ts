import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeAuthConfig } from "@stowage/auth";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { status, when } from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const encoded = (user: string): string => Buffer.from(`${user}:secret`).toString("base64");
const image = smallImage();

/** A registry that lets "team" and "pod" in, a machine that knows "node" only, and a way to lay down a file for a pull. */
async function offer() {
  const registry = await scratchRegistry({
    authentication: { kind: "basic", users: { team: "secret", pod: "secret", node: "other" } },
  });
  registry.putImage("team/app", "v1", image);
  const directory = await scratchDirectory();
  const [authFile, namespacedAuthDir] = [join(directory, "auth.json"), join(directory, "namespaced")];
  await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: { auth: encoded("node") } } }));
  await mkdir(namespacedAuthDir);
  const { images } = await scratchStore(undefined, { authFile, namespacedAuthDir });
  const hash = createHash("sha256").update(`${registry.host}/team/app`).digest("hex");
  const layDown = (user: string) =>
    writeFile(
      join(namespacedAuthDir, `team-${hash}.json`),
      JSON.stringify({ auths: { [registry.host]: { auth: encoded(user) } } }),
    );
  const reference = parseReference(`${registry.host}/team/app:v1`);
  const left = async () => await readdir(namespacedAuthDir, { recursive: true });
  const users = () =>
    registry.requests.map(({ headers }) => headers.authorization).filter((header) => header !== undefined);
  return { registry, images, layDown, reference, left, users };
}

const credential = decodeAuthConfig({
  username: "pod",
  password: "secret",
  auth: "",
  identityToken: "",
  registryToken: "",
});

test("a file that was laid down for a pull of a namespace is used once, in place of the machine's", async () => {
  const { images, layDown, reference, left, users } = await offer();
  await layDown("team");
  expect((await images.pull(reference, { namespace: "team" })).id).toBeDefined();
  expect(new Set(users())).toEqual(new Set([`Basic ${encoded("team")}`]));
  expect(await left()).toEqual(["in-use"]);
  await expect(images.pull(reference, { namespace: "team" })).rejects.toMatchObject({ code: "unauthenticated" });
});

test("it is no other namespace's, and nobody's who names none", async () => {
  const { images, layDown, reference, left } = await offer();
  await layDown("team");
  await expect(images.pull(reference, { namespace: "other" })).rejects.toMatchObject({ code: "unauthenticated" });
  await expect(images.pull(reference)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(await left()).toHaveLength(1);
});

test("the credentials of the request come before it, and it is gone all the same", async () => {
  const { images, layDown, reference, left, users } = await offer();
  await layDown("team");
  await images.pull(reference, { namespace: "team", credential: credential?.credential });
  expect(new Set(users())).toEqual(new Set([`Basic ${encoded("pod")}`]));
  expect(await left()).toEqual(["in-use"]);
});

test("it is gone after a pull that fails, too", async () => {
  const { registry, images, layDown, reference, left } = await offer();
  registry.wrap(when(/blobs/, status(404)));
  await layDown("team");
  await expect(images.pull(reference, { namespace: "team" })).rejects.toMatchObject({ code: "not-found" });
  expect(await left()).toEqual(["in-use"]);
});

test("what is no name of a namespace is refused", async () => {
  const { images, reference } = await offer();
  await expect(images.pull(reference, { namespace: "../team" })).rejects.toMatchObject({ code: "invalid-argument" });
});
