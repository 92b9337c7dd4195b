import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { smallImage } from "@stowage/image-fixtures";
import { isPrivileged } from "@stowage/linux";
import { decodeDocument, digestOf, encodedOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import { bytesOf, exported, isInstalled, run, sourceOf, temporary } from "./archives.test.fixture.ts";
import { encodeArchive, openArchive, writeLayout } from "./index.ts";

const image = smallImage();
const name = "docker.io/library/small:1";
const amd64 = image.platforms.find(({ platform }) => platform.architecture === "amd64");

/** What is written for one platform: its manifest is the root. */
function onlyAmd64() {
  const { manifests } = exported(image);
  const [manifest] = manifests;
  if (manifest === undefined) throw new Error("the image has a manifest");
  return { names: [name], root: manifest.descriptor, manifests: [manifest] };
}

async function writeArchive(form: "oci-archive" | "docker-archive"): Promise<string> {
  const path = join(temporary(), "archive.tar");
  await pipeline(Readable.from(encodeArchive([onlyAmd64()], sourceOf(image), { form })), createWriteStream(path));
  return path;
}

async function writeDirectory(): Promise<string> {
  const directory = join(temporary(), "layout");
  await writeLayout(directory, { images: [onlyAmd64()], source: sourceOf(image) });
  return directory;
}

describe.skipIf(!isInstalled("skopeo"))("skopeo (skipped where it is not installed)", () => {
  test.for(["oci-archive", "docker-archive"] as const)("reads the %s that is written", async (form) => {
    const path = await writeArchive(form);
    const read: unknown = JSON.parse(run("skopeo", "inspect", "--raw", `${form}:${path}`));
    const layers = amd64?.layers.length;
    expect(read).toMatchObject({ config: { digest: amd64?.id }, layers: { length: layers } });
  });

  test("copies what is written to a layout again, digests and all", async () => {
    const [directory, copy] = [await writeDirectory(), join(temporary(), "copy")];
    run("skopeo", "copy", `oci:${directory}:1`, `oci:${copy}:again`);
    await using archive = await openArchive(copy);
    expect(archive.images).toMatchObject([{ names: ["again"], root: { digest: amd64?.manifest.digest } }]);
  });

  test("writes a docker archive whose image has the same id here", async () => {
    const path = join(temporary(), "docker.tar");
    run("skopeo", "copy", `oci:${await writeDirectory()}:1`, `docker-archive:${path}:small:1`);
    await using archive = await openArchive(path);
    expect(archive.form).toBe("docker-archive");
    expect(archive.images).toMatchObject([{ names: [name] }]);
    const [read] = archive.images;
    const bytes = await bytesOf(archive, read?.root.digest ?? image.digest);
    const manifest = decodeDocument(bytes);
    if (manifest.kind !== "manifest") throw new Error("it is a manifest");
    expect(manifest.layers.map(({ digest }) => digest)).toEqual(amd64?.layers.map(({ diffId }) => diffId));
    for (const { digest } of [manifest.config, ...manifest.layers])
      expect(digestOf(await bytesOf(archive, digest))).toBe(digest);
  });

  test("writes a directory of its own that is read here", async () => {
    const directory = join(temporary(), "dir");
    run("skopeo", "copy", `oci:${await writeDirectory()}:1`, `dir:${directory}`);
    await using archive = await openArchive(directory);
    expect(archive).toMatchObject({ form: "dir", images: [{ names: [], root: amd64?.manifest }] });
    for (const { descriptor } of amd64?.layers ?? [])
      expect(digestOf(await bytesOf(archive, descriptor.digest))).toBe(descriptor.digest);
    const missing = bytesOf(archive, image.digest);
    await expect(missing).rejects.toMatchObject({ code: "not-found" });
  });

  test.for(["", "gzip", "zstd"])("writes an OCI archive that is read here, also after %s", async (program) => {
    const path = join(temporary(), "oci.tar");
    run("skopeo", "copy", `oci:${await writeDirectory()}:1`, `oci-archive:${path}:tagged`);
    if (program !== "") run(program, "-f", "-k", path);
    await using archive = await openArchive(path + { "": "", gzip: ".gz", zstd: ".zst" }[program]);
    expect(archive).toMatchObject({ form: "oci-archive", images: [{ names: ["tagged"], root: amd64?.manifest }] });
  });
});

describe.skipIf(!isInstalled("umoci"))("umoci (skipped where it is not installed)", () => {
  test("unpacks the layout that is written, and changes it to one that is read here", async () => {
    const directory = await writeDirectory();
    const bundle = join(temporary(), "bundle");
    run("umoci", "unpack", "--rootless", "--image", `${directory}:1`, bundle);
    run("umoci", "config", "--image", `${directory}:1`, "--tag", "2", "--author", "somebody");
    await using archive = await openArchive(directory);
    expect(archive.images.flatMap(({ names }) => names)).toEqual([name, "2"]);
  });
});

describe.skipIf(!isInstalled("podman") || !isPrivileged())(
  "podman (skipped where it is not installed, or for others than root)",
  () => {
    test.for(["oci-archive", "docker-archive"] as const)(
      "loads the %s that is written as the same image",
      async (form) => {
        const store = temporary();
        const path = await writeArchive(form);
        const policy = join(store, "policy.json");
        writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
        const where = ["--root", `${store}/root`, "--runroot", `${store}/run`, "--storage-driver", "vfs"];
        run("podman", ...where, "load", "--signature-policy", policy, "-i", path);
        const ids = run("podman", ...where, "images", "--no-trunc", "--format", "{{.ID}}").trim();
        expect(ids).toContain(amd64?.id);
        const read: unknown = JSON.parse(
          run("podman", ...where, "image", "inspect", encodedOf(amd64?.id ?? image.digest)),
        );
        if (form === "docker-archive") expect(read).toMatchObject([{ RepoTags: [name] }]);
        const saved = join(store, "saved.tar");
        run("podman", ...where, "save", "-o", saved, encodedOf(amd64?.id ?? image.digest));
        await using archive = await openArchive(saved);
        expect(archive).toMatchObject({ form: "docker-archive", images: [{}] });
      },
    );
  },
);
