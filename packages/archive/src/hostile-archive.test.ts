import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { encodedOf } from "@stowage/oci";
import type { TarFile } from "@stowage/tar";
import { expect, test } from "vitest";
import {
  bytesOf,
  configOf,
  exported,
  file,
  oldDockerFiles,
  pieces,
  rootOf,
  run,
  sourceOf,
  tar,
  temporary,
} from "./archives.test.fixture.ts";
import { encodeArchive, openArchive, writeLayout } from "./index.ts";

const layers = [{ files: [{ kind: "file" as const, name: "a" }], compression: "none" as const }];
const image = makeImage({ platforms: [{ platform: "linux/amd64", layers }] });
const [platform] = image.platforms;
const config = platform === undefined ? new Uint8Array() : configOf(image, platform);
const layer = platform?.layers[0]?.bytes ?? new Uint8Array();
const root = rootOf(image);
const marker = file("oci-layout", { imageLayoutVersion: "1.0.0" });
const rootBlob = file(`blobs/sha256/${encodedOf(root.digest)}`, image.root.bytes);
const entry = { Config: "config.json", RepoTags: ["a:1"], Layers: ["layer.tar"] };

/** A docker archive of one image, whose layer is as a test has it. */
function docker(...layers: readonly TarFile[]): readonly TarFile[] {
  return [...layers, file("config.json", config), file("manifest.json", [entry])];
}

function layout(index: object, ...more: readonly TarFile[]): readonly TarFile[] {
  return [marker, file("index.json", { schemaVersion: 2, ...index }), ...more];
}

const digests = ["sha256:../../../../etc/passwd", "sha256:ab", `sha256:${"A".repeat(64)}`, `md5:${"0".repeat(32)}`];

test.for<{ threat: string; files: readonly TarFile[] }>([
  ...digests.map((digest) => ({
    threat: `unvalidated digest becomes a path (CVE-2024-3727): ${digest}`,
    files: layout({ manifests: [{ ...root, digest }] }, rootBlob),
  })),
  {
    threat: "archive import traversal (CVE-2014-9356): a layer outside of the archive",
    files: docker().with(-1, file("manifest.json", [{ ...entry, Layers: ["../../etc/passwd"] }])),
  },
  {
    threat: "archive import traversal: an absolute layer",
    files: docker().with(-1, file("manifest.json", [{ ...entry, Layers: ["/etc/passwd"] }])),
  },
  {
    threat: "archive import traversal: a config outside of the archive",
    files: docker(file("layer.tar", layer)).with(-1, file("manifest.json", [{ ...entry, Config: "/etc/passwd" }])),
  },
  {
    threat: "archive import traversal: a symlinked layer.tar that leaves the archive",
    files: docker({ kind: "symlink", name: "layer.tar", linkName: "../../../etc/passwd" }),
  },
  {
    threat: "archive import traversal: an absolute symlink",
    files: docker({ kind: "symlink", name: "layer.tar", linkName: "/etc/passwd" }),
  },
  {
    threat: "archive import traversal: a hard link that leaves the archive",
    files: docker({ kind: "hardlink", name: "layer.tar", linkName: "../../../etc/passwd" }),
  },
  {
    threat: "archive import traversal: symlinks in a circle",
    files: docker(
      { kind: "symlink", name: "layer.tar", linkName: "b" },
      { kind: "symlink", name: "b", linkName: "layer.tar" },
    ),
  },
  {
    threat: "archive import traversal: one name twice, with other content",
    files: docker(file("layer.tar", layer), file("./layer.tar", "other")),
  },
  {
    threat: "archive import traversal: the list of images twice",
    files: [...docker(file("layer.tar", layer)), file("manifest.json", [])],
  },
  {
    threat: "archive import traversal: an absolute name is nobody's layer",
    files: docker(file("/layer.tar", layer)),
  },
  {
    threat: "archive import traversal: a name with .. is nobody's layer",
    files: docker(file("x/../layer.tar", layer)),
  },
  {
    threat: "a device for a layer",
    files: docker({ kind: "character", name: "layer.tar", deviceMajor: 1, deviceMinor: 5 }),
  },
  { threat: "a fifo for a layer", files: docker({ kind: "fifo", name: "layer.tar" }) },
  { threat: "a directory for a layer", files: docker({ kind: "directory", name: "layer.tar" }) },
  {
    threat: "layer/config mismatch (CVE-2014-8178): more layers than diff ids",
    files: docker(file("layer.tar", layer)).with(
      -1,
      file("manifest.json", [{ ...entry, Layers: ["layer.tar", "layer.tar"] }]),
    ),
  },
  {
    threat: "layer/config mismatch: fewer layers than diff ids",
    files: docker(file("layer.tar", layer)).with(-1, file("manifest.json", [{ ...entry, Layers: [] }])),
  },
  { threat: "a config that is no config", files: docker(file("layer.tar", layer)).with(-2, file("config.json", "[]")) },
  { threat: "a list that is no list", files: [file("manifest.json", {})] },
  { threat: "a list that is no JSON", files: [file("manifest.json", "[")] },
  { threat: "a list without end", files: [file("manifest.json", " ".repeat(5 * 1024 * 1024))] },
  {
    threat: "a layout of version 2",
    files: [file("oci-layout", { imageLayoutVersion: "2.0.0" }), file("index.json", {})],
  },
  { threat: "a layout without an index", files: [marker] },
  { threat: "a layout without the manifest of its image", files: layout({ manifests: [root] }) },
  {
    threat: "an index that is a manifest too (CVE-2021-41190)",
    files: layout({ manifests: [], config: {}, layers: [] }),
  },
])("refuses $threat", async ({ files }) => {
  await expect(openArchive(pieces(tar(files)))).rejects.toMatchObject({ code: "failed-precondition" });
});

test("tar header memory (CVE-2025-58183): refuses a PAX header of gigabytes and more members than there are images", async () => {
  const pax = Buffer.from(tar([file("x", "")]).subarray(0, 512));
  pax.write("x", 156, "latin1");
  pax.write("77777777777\0", 124, "latin1");
  pax.fill(" ", 148, 156);
  pax.write(
    `${pax
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
    "latin1",
  );
  await expect(openArchive(pieces(pax))).rejects.toMatchObject({ code: "invalid-argument" });
  const behind = Buffer.concat([tar([file("a", "b")]).subarray(0, 1024), pax]);
  await expect(openArchive(pieces(behind))).rejects.toMatchObject({ code: "failed-precondition" });
  const many = tar(Array.from({ length: 65_537 }, (_, at) => file(`${at}`, "")));
  await expect(openArchive(pieces(many, 1_000_000))).rejects.toMatchObject({ code: "failed-precondition" });
});

test.for(["gnu", "pax"])("refuses a sparse file of the form %s", (format) => {
  const directory = temporary();
  writeFileSync(join(directory, "layer.tar"), "x");
  truncateSync(join(directory, "layer.tar"), 10_000_000);
  run("tar", "-C", directory, "-cf", join(directory, "a.tar"), `--format=${format}`, "--sparse", "layer.tar");
  return expect(openArchive(join(directory, "a.tar"))).rejects.toMatchObject({ code: "failed-precondition" });
});

test("reads a long name of GNU", async () => {
  const directory = temporary();
  const long = `${"d".repeat(120)}/${"f".repeat(120)}.tar`;
  mkdirSync(join(directory, "d".repeat(120)));
  writeFileSync(join(directory, long), layer);
  writeFileSync(join(directory, "config.json"), config);
  writeFileSync(join(directory, "manifest.json"), JSON.stringify([{ ...entry, Layers: [long] }]));
  run("tar", "-C", directory, "-cf", join(directory, "a.tar"), "--format=gnu", "manifest.json", "config.json", long);
  await using archive = await openArchive(join(directory, "a.tar"));
  expect(archive.images).toMatchObject([{ names: ["a:1"] }]);
});

test("never waits for a fifo in a layout, and reads no other kind of file", async () => {
  const [directory, small] = [temporary(), smallImage()];
  await writeLayout(directory, { images: [exported(small)], source: sourceOf(small) });
  rmSync(join(directory, "index.json"));
  spawnSync("mkfifo", [join(directory, "index.json")]);
  await expect(openArchive(directory)).rejects.toMatchObject({ code: "failed-precondition" });
});

test("gives of an archive that is cut off anywhere an archive or an error", async () => {
  const modern = await Array.fromAsync(encodeArchive([exported(image)], sourceOf(image), { form: "docker-archive" }));
  for (const whole of [Buffer.concat(modern), tar(oldDockerFiles(image))]) {
    const scratch = temporary();
    for (let end = 0; end <= whole.byteLength; end += 97) {
      const outcome = await readAll(pieces(whole.subarray(0, end), 5000), scratch);
      expect(["whole", "invalid-argument", "failed-precondition"]).toContain(outcome);
    }
    expect(await readAll(pieces(whole), scratch)).toBe("whole");
    expect(readdirSync(scratch)).toEqual([]);
  }
});

async function readAll(source: AsyncIterable<Uint8Array>, scratch: string): Promise<unknown> {
  try {
    await using archive = await openArchive(source, { scratch });
    for (const { root } of archive.images) await bytesOf(archive, root.digest);
    return "whole";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}
