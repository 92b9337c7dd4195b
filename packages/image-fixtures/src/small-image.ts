import type { TarFile } from "@stowage/tar";
import { type MadeImage, makeImage } from "./make-image.ts";

/** A small image for amd64 and arm64: two layers, of which the second changes, links and hides what the first has. */
export function smallImage(): MadeImage {
  const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({
    platform,
    user: "1000:1000",
    annotations: { "org.opencontainers.image.title": "small" },
    layers: [{ files: baseFiles(platform) }, { files: upperFiles }],
  }));
  return makeImage({ platforms });
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const mtime = 1_700_000_000_000_000_000n;

const baseFiles = (platform: string): readonly TarFile[] => [
  { kind: "directory", name: "./", mode: 0o755, mtime },
  { kind: "directory", name: "etc/", mode: 0o755, mtime },
  { kind: "file", name: "etc/platform", content: text(`${platform}\n`), mode: 0o644, mtime },
  { kind: "file", name: "etc/motd", content: text("Welcome aboard\n"), mode: 0o644, mtime },
  { kind: "directory", name: "bin/", mode: 0o755, mtime },
  { kind: "file", name: "bin/hello", content: text("#!/bin/sh\necho hello\n"), mode: 0o755, mtime },
  { kind: "symlink", name: "bin/hi", linkName: "hello", mode: 0o777, mtime },
  { kind: "directory", name: "home/", mode: 0o755, mtime },
  { kind: "directory", name: "home/user/", mode: 0o750, uid: 1000, gid: 1000, mtime },
  { kind: "file", name: "home/user/old", content: text("to be hidden\n"), mode: 0o600, uid: 1000, gid: 1000, mtime },
];

const upperFiles: readonly TarFile[] = [
  { kind: "file", name: "etc/motd", content: text("All stowed\n"), mode: 0o644, mtime },
  { kind: "hardlink", name: "bin/greet", linkName: "bin/hello", mode: 0o755, mtime },
  { kind: "file", name: "home/user/.wh.old", mtime },
  { kind: "file", name: "home/user/new", content: text("on top\n"), mode: 0o600, uid: 1000, gid: 1000, mtime },
];
