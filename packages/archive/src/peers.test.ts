import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { smallImage } from "@stowage/image-fixtures";
import { decodeDocument, digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import { bytesOf, isInstalled, onlyAmd64, run, sourceOf, temporary } from "./archives.test.fixture.ts";
import { encodeArchive, openArchive, writeLayout } from "./index.ts";

const image = smallImage();
const name = "docker.io/library/small:1";
const amd64 = image.platforms.find(({ platform }) => platform.architecture === "amd64");

async function writeArchive(form: "oci-archive" | "docker-archive"): Promise<string> {
  const path = join(temporary(), "archive.tar");
  await pipeline(
    Readable.from(encodeArchive([onlyAmd64(image, name)], sourceOf(image), { form })),
    createWriteStream(path),
  );
  return path;
}

async function writeDirectory(): Promise<string> {
  const directory = join(temporary(), "layout");
  await writeLayout(directory, { images: [onlyAmd64(image, name)], source: sourceOf(image) });
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
