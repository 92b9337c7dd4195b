import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeTree } from "./describe-tree.ts";
import { archiveByTar, extractByTar } from "./gnu-tar.ts";
import { writeLayer } from "./layer-source.ts";
import { openLayerStore, unpackTogether, viewed } from "./layer-stores.ts";
import { isNightly } from "./nightly.ts";
import { unpackByUmoci } from "./umoci.ts";

const needsRoot = process.getuid?.() !== 0;

describe.skipIf(needsRoot)("real files (needs root)", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "stowage-real-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("Debian packages, a layer each as dpkg has them, are the same by us, by GNU tar and by umoci", async () => {
    await expectSame(join(directory, "packages"), packageLayers(directory), 500);
  }, 60_000);

  const nightly = async (): Promise<void> => {
    const tree = join(directory, "tree");
    execFileSync("debootstrap", ["--variant=minbase", "bookworm", tree], { stdio: "ignore" });
    await expectSame(join(directory, "debootstrap"), [archiveByTar(withOddities(tree))], 5000);
  };
  if (isNightly) test("a Debian root file system is the same by us, by GNU tar and by umoci", nightly, 600_000);
});

/** Unpacks in three ways and compares kinds, modes, owners, times, xattrs, contents and hard links. */
async function expectSame(directory: string, layers: readonly Buffer[], files: number): Promise<void> {
  const describeFiles = (root: string): readonly string[] => describeTree(root, { contentOf: sha256 });
  await using store = await openLayerStore();
  const sources = layers.map((layer, at) => writeLayer(join(store.directory, `layer-${at}`), layer));
  const ours = await viewed(store, await unpackTogether(store, sources), describeFiles);
  expect(ours.length).toBeGreaterThan(files);
  execFileSync("mkdir", [directory]);
  expect(ours).toEqual(describeFiles(extractByTar(join(directory, "tar"), layers)));
  expect(ours).toEqual(describeFiles(unpackByUmoci(directory, layers)));
}

/** With setuid programs, time zones that are hard links and symlinks, and one that tar writes with a capability. */
function packageLayers(directory: string): readonly Buffer[] {
  const downloads = join(directory, "downloads");
  execFileSync("mkdir", [downloads]);
  execFileSync("apt-get", ["download", "-qq", "-o", "APT::Sandbox::User=root", ...packages], { cwd: downloads });
  const archives = readdirSync(downloads).toSorted();
  expect(archives).toHaveLength(packages.length);
  const layers = archives.map((archive) =>
    execFileSync("dpkg-deb", ["--fsys-tarfile", join(downloads, archive)], { maxBuffer: 2 ** 28 }),
  );
  const tree = extractByTar(join(directory, "odd"), layers.slice(-1));
  return [...layers, archiveByTar(withOddities(tree))];
}

const packages = ["base-files", "coreutils", "iputils-ping", "passwd", "tzdata", "util-linux"];

/** What few files have and all tools are to keep. */
function withOddities(tree: string): string {
  const script = `
    mkdir -p opt && cp -p usr/bin/* -t opt 2>/dev/null || true
    file=$(find opt usr/bin usr/sbin sbin bin -maxdepth 1 -type f 2>/dev/null | head -1)
    cp "$file" opt/capable && setcap cap_net_raw+ep opt/capable && ln opt/capable opt/hard-link
    truncate -s 5M opt/sparse && printf end >> opt/sparse && setfattr -n user.binary -v 0x00ff10 opt/sparse
    mkfifo opt/fifo && mknod opt/null c 1 3 && touch "opt/$(printf 'n\\377ame')" && chmod 6755 opt/sparse
    touch -d '1960-01-02 03:04:05.678901234' opt/before-1970 && touch -h -d '2040-01-02 03:04:05.1' opt/before-1970 opt`;
  execFileSync("bash", ["-euc", script], { cwd: tree });
  chownSync(join(tree, "opt/fifo"), 3_000_000, 70_000);
  return tree;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
