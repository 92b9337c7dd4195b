import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The root file system of an image as `skopeo copy` fetches it and GNU tar extracts it, layer upon layer. */
export function extractReference(image: string, directory: string): string {
  const copy = join(directory, "copied");
  const rootfs = join(directory, "reference");
  execFileSync("skopeo", ["copy", "--quiet", "--src-tls-verify=false", `docker://${image}`, `dir:${copy}`]);
  mkdirSync(rootfs);
  const manifest: { layers: readonly { digest: string }[] } = JSON.parse(
    readFileSync(join(copy, "manifest.json"), "utf8"),
  );
  for (const { digest } of manifest.layers) applyLayer(join(copy, digest.slice("sha256:".length)), rootfs);
  return rootfs;
}

/** What a layer hides goes first (OCI image-spec, layer.md, "Whiteouts"), then tar writes what it has. */
function applyLayer(layer: string, rootfs: string): void {
  const names = execFileSync("tar", ["--list", "--gzip", `--file=${layer}`], { maxBuffer: 1 << 28 })
    .toString()
    .split("\n")
    .filter((name) => name !== "");
  for (const name of names.filter((each) => basename(each).startsWith(".wh."))) {
    const parent = join(rootfs, dirname(name));
    if (basename(name) === ".wh..wh..opq") empty(parent);
    else rmSync(join(parent, basename(name).slice(".wh.".length)), { recursive: true, force: true });
  }
  // A directory that becomes something else: tar would not take it away.
  for (const name of names.filter((each) => !each.endsWith("/") && isDirectory(join(rootfs, each)))) {
    rmSync(join(rootfs, name), { recursive: true });
  }
  const tar = [
    "--extract",
    "--gzip",
    "--xattrs",
    "--xattrs-include=*",
    "--numeric-owner",
    "--same-owner",
    "--preserve-permissions",
  ];
  execFileSync("tar", [...tar, "--exclude=.wh.*", "--sparse", `--file=${layer}`, `--directory=${rootfs}`]);
}

function empty(directory: string): void {
  if (!isDirectory(directory)) return;
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true });
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
