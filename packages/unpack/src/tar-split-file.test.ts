import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { TarFile } from "@stowage/tar";
import { Crc64, decodeTarSplitLine } from "@stowage/tar-split";
import { expect, test } from "vitest";
import { archiveOf, layerOf, needsRoot, scratch, unpacker } from "./layer-fixture.test.support.ts";

interface Split {
  readonly layer: string;
  readonly tarSplit: string;
}

async function unpackWith(tar: Buffer): Promise<Split> {
  const { layer, path } = scratch();
  const tarSplit = join(path, "tar-split.gz");
  await unpacker.unpack(layerOf(tar, gzipSync(tar)), layer, { tarSplit });
  return { layer, tarSplit };
}

/** The tar that the files of a layer come from, put together as other programs do. */
function rebuilt({ layer, tarSplit }: Split): Buffer {
  const lines = gunzipSync(readFileSync(tarSplit)).toString("utf8").trimEnd().split("\n");
  const parts = lines.map((line) => {
    const part = decodeTarSplitLine(line);
    if (part.kind === "framing") return part.bytes;
    const body = readFileSync(Buffer.from(join(layer, part.path), "latin1"));
    const sum = new Crc64();
    sum.update(body);
    expect(Buffer.from(part.sum)).toEqual(Buffer.from(sum.digest()));
    expect(body.byteLength).toBe(part.size);
    return body;
  });
  return Buffer.concat(parts);
}

const file = (name: string, content: string | Buffer = name): TarFile => ({
  kind: "file",
  name,
  content: Buffer.from(content),
});

test.skipIf(needsRoot).for<{ readonly what: string; readonly files: readonly TarFile[] }>([
  {
    what: "files, links and directories",
    files: [{ kind: "directory", name: "d" }, file("d/a"), { kind: "hardlink", name: "b", linkName: "d/a" }],
  },
  { what: "an empty file", files: [file("a", "")] },
  { what: "bodies larger than the blocks they come in", files: [file("big", randomBytes(3_000_001)), file("next")] },
  {
    what: "a path through a link of the layer",
    files: [{ kind: "directory", name: "usr" }, { kind: "symlink", name: "lib", linkName: "usr" }, file("lib/a")],
  },
  { what: "a name that is no UTF-8", files: [file("\xff\xfe")] },
  { what: "names that need extended headers", files: [file(`${"long/".repeat(60)}name`)] },
  {
    what: "a directory that comes twice",
    files: [{ kind: "directory", name: "d" }, file("d/a"), { kind: "directory", name: "d" }],
  },
  { what: "whiteouts", files: [file("d/.wh.gone", ""), file("d/here")] },
  { what: "a whiteout with bytes, which are in no file", files: [file("a"), file("d/.wh.gone", "bytes"), file("b")] },
  { what: "nothing", files: [] },
])("puts together again the tar of $what (needs root)", async ({ files }) => {
  const tar = archiveOf(files);
  expect(rebuilt(await unpackWith(tar)).equals(tar)).toBe(true);
});

test.skipIf(needsRoot).for(["posix", "gnu"])(
  "puts together again GNU tar's %s archive with a sparse file (needs root)",
  async (format) => {
    const { path } = scratch();
    writeFileSync(join(path, "sparse"), "begin");
    truncateSync(join(path, "sparse"), 5_000_000);
    writeFileSync(join(path, "plain"), "plain");
    const tar = execFileSync("tar", ["-C", path, "--sparse", `--format=${format}`, "-cf", "-", "sparse", "plain"], {
      maxBuffer: 2 ** 24,
    });
    expect(rebuilt(await unpackWith(tar)).equals(tar)).toBe(true);
  },
);

test.skipIf(needsRoot)("keeps what stands behind the end of the archive (needs root)", async () => {
  const tar = Buffer.concat([archiveOf([file("a")]), Buffer.alloc(10_240), randomBytes(100)]);
  expect(rebuilt(await unpackWith(tar)).equals(tar)).toBe(true);
});

test.skipIf(needsRoot)("leaves nothing where bytes of the tar are in no file any more (needs root)", async () => {
  const { tarSplit, layer } = await unpackWith(archiveOf([file("a", "first"), file("a", "second")]));
  expect(existsSync(tarSplit)).toBe(false);
  expect(readFileSync(join(layer, "a"), "utf8")).toBe("second");
});
