import type { TarFile } from "@stowage/tar";
import { type MadeImage, makeImage, type PlatformRecipe } from "./make-image.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const applets = ["sh", "cat", "echo", "env", "id", "ls", "pwd", "rm", "sleep", "stat", "touch"];

/** Enough to run a shell: users, groups, and the directories that are mounted over. */
const baseFiles = (busybox: Uint8Array): readonly TarFile[] => [
  ...["bin", "dev", "etc", "proc", "sys", "home"].map((name): TarFile => ({ kind: "directory", name, mode: 0o755 })),
  { kind: "directory", name: "tmp", mode: 0o1777 },
  { kind: "file", name: "bin/busybox", content: busybox, mode: 0o755 },
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

/** An image of two layers that can be run, for amd64, and what is different about it. `busybox` is a static one. */
export function busyboxImage(busybox: Uint8Array, recipe: Partial<PlatformRecipe> = {}): MadeImage {
  const layers = [{ files: baseFiles(busybox), compression: "gzip" }, { files: upperFiles }] as const;
  return makeImage({ platforms: [{ platform: "linux/amd64", layers, ...recipe }] });
}
