import { readFileSync } from "node:fs";
import { type MadeImage, makeImage, type PlatformRecipe } from "@stowage/image-fixtures";
import type { TarFile } from "@stowage/tar";

const text = (content: string): Uint8Array => Buffer.from(content);
const applets = ["sh", "cat", "echo", "env", "id", "ls", "pwd", "rm", "sleep", "stat", "touch"];

/** Enough to run a shell: busybox, users and groups. */
const baseFiles: readonly TarFile[] = [
  ...["bin", "dev", "etc", "proc", "sys", "home"].map((name): TarFile => ({ kind: "directory", name, mode: 0o755 })),
  { kind: "directory", name: "tmp", mode: 0o1777 },
  { kind: "file", name: "bin/busybox", content: readFileSync("/bin/busybox"), mode: 0o755 },
  ...applets.map((name): TarFile => ({ kind: "symlink", name: `bin/${name}`, linkName: "busybox" })),
  { kind: "file", name: "etc/passwd", content: text("root:x:0:0:root:/:/bin/sh\napp:x:1000:1001::/home:/bin/sh\n") },
  { kind: "file", name: "etc/group", content: text("root:x:0:\napp:x:1001:\nextra:x:2000:other,app\n") },
  { kind: "file", name: "etc/motd", content: text("below\n") },
  { kind: "file", name: "etc/gone", content: text("gone\n") },
];

/** What changes and hides some of that. */
const upperFiles: readonly TarFile[] = [
  { kind: "file", name: "etc/motd", content: text("above\n") },
  { kind: "file", name: "etc/.wh.gone" },
];

/** An image of two layers that can be run, and what is different about it. */
export function busyboxImage(recipe: Partial<PlatformRecipe> = {}): MadeImage {
  const layers = [{ files: baseFiles, compression: "gzip" }, { files: upperFiles }] as const;
  return makeImage({ platforms: [{ platform: "linux/amd64", layers, ...recipe }] });
}
