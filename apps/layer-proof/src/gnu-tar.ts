import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const all = ["--xattrs", "--xattrs-include=*", "--numeric-owner"];

/** Extracts one archive after another into `rootfs` by GNU tar, which knows nothing of whiteouts. */
export function extractByTar(rootfs: string, archives: readonly Uint8Array[]): string {
  mkdirSync(rootfs);
  const options = [...all, "--same-owner", "--same-permissions", "--delay-directory-restore", "--warning=no-timestamp"];
  for (const input of archives) execFileSync("tar", ["--extract", ...options, `--directory=${rootfs}`], { input });
  return rootfs;
}

/** A tree as an archive that GNU tar writes. */
export function archiveByTar(tree: string): Buffer {
  const options = [...all, "--format=pax", "--sparse", "--sort=name", `--directory=${tree}`];
  return execFileSync("tar", ["--create", ...options, "."], { maxBuffer: 2 ** 30 });
}
