import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { isPrivileged } from "@stowage/linux";
import { describe, expect, test } from "vitest";
import { isInstalled, onlyAmd64, run, sourceOf, temporary } from "./archives.test.fixture.ts";
import { encodeArchive, openArchive } from "./index.ts";

const layer = { files: [{ kind: "file" as const, name: "a" }] };
const [small, twice] = [smallImage(), makeImage({ platforms: [{ platform: "linux/amd64", layers: [layer, layer] }] })];
const [smallName, twiceName] = ["docker.io/library/small:1", "docker.io/library/twice:2"];
const [smallId, twiceId] = [small, twice].map(({ platforms }) => platforms[0]?.id);
const images = [onlyAmd64(small, smallName), onlyAmd64(twice, twiceName)];

/** podman with a store of its own, which touches nothing of the machine. */
function podmanIn(store: string): (...args: readonly string[]) => string {
  const where = ["--root", `${store}/root`, "--runroot", `${store}/run`, "--storage-driver", "vfs"];
  return (...args) => run("podman", ...where, ...args);
}

/** An archive of some of the images, and what podman takes to load it whatever the machine's policy is. */
async function loadArguments(store: string, form: "oci-archive" | "docker-archive", count: number) {
  const [path, policy] = [join(store, "archive.tar"), join(store, "policy.json")];
  const encoding = encodeArchive(images.slice(0, count), sourceOf(small, twice), { form });
  await pipeline(Readable.from(encoding), createWriteStream(path));
  writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  return ["load", "--signature-policy", policy, "-i", path];
}

const isMissing = !isInstalled("podman") || !isPrivileged();

describe.skipIf(isMissing)("podman (skipped where it is missing, and without root)", () => {
  test("loads an OCI archive as the same image", async () => {
    const store = temporary();
    const podman = podmanIn(store);
    podman(...(await loadArguments(store, "oci-archive", 1)));
    expect(podman("images", "--no-trunc", "--format", "{{.ID}}").trim()).toBe(smallId);
  });

  test("loads a docker archive as the same images with their names, and saves one that is read here", async () => {
    const store = temporary();
    const podman = podmanIn(store);
    podman(...(await loadArguments(store, "docker-archive", 2)));
    const ids = [smallName, twiceName].map((name) => podman("image", "inspect", "--format", "{{.Id}}", name).trim());
    expect(ids.map((id) => `sha256:${id}`)).toEqual([smallId, twiceId]);
    const saved = join(store, "saved.tar");
    podman("save", "--multi-image-archive", "-o", saved, smallName, twiceName);
    await using archive = await openArchive(saved);
    expect(archive.form).toBe("docker-archive");
    expect(archive.images.flatMap(({ names }) => names).toSorted()).toEqual([smallName, twiceName]);
  });
});
