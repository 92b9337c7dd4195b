import { execFile } from "node:child_process";
import { chmod, chown } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { openUserNamespace } from "@stowage/linux";
import type { TarFile } from "@stowage/tar";
import { expect, test } from "vitest";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);
const program = fileURLToPath(new URL("rootless.test.fixture.ts", import.meta.url));
const range = { inside: 0, outside: 100_000, length: 65_536 };

/** Two layers, of which the second hides a file of the first, and all that a directory had. */
function hidingImage(): MadeImage {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const owned = { uid: 1000, gid: 1000 };
  const base: readonly TarFile[] = [
    { kind: "file", name: "etc/motd", content: text("Welcome aboard\n"), mode: 0o644 },
    { kind: "directory", name: "home/user/", mode: 0o750, ...owned },
    { kind: "file", name: "home/user/old", content: text("to be hidden\n"), mode: 0o600, ...owned },
    { kind: "file", name: "opaque/old", content: text("to be hidden\n"), mode: 0o600 },
  ];
  const upper: readonly TarFile[] = [
    { kind: "file", name: "etc/motd", content: text("All stowed\n"), mode: 0o644 },
    { kind: "file", name: "home/user/.wh.old" },
    { kind: "file", name: "opaque/.wh..wh..opq" },
    { kind: "file", name: "opaque/new", content: text("on top\n"), mode: 0o600 },
  ];
  return makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files: base }, { files: upper }] }] });
}

privileged.for(["overlay", "native"])(
  "root of a user namespace pulls, shows and writes with the snapshotter %j (needs root to make the namespace)",
  { timeout: 30_000 },
  async (snapshotter) => {
    const registry = await scratchRegistry();
    registry.putImage("library/small", "1", hidingImage());
    const root = await scratchDirectory();
    await chmod(root, 0o755);
    await chown(root, range.outside, range.outside);
    using namespace = await openUserNamespace({ uids: [range], gids: [range] });
    const enter = [`--user=/proc/${process.pid}/fd/${namespace.fd}`, "--setuid=0", "--setgid=0"];
    const node = [process.execPath, "--conditions=@stowage/source", program];
    const given = [root, `${registry.host}/library/small:1`, snapshotter];
    const { stdout } = await promisify(execFile)("nsenter", [...enter, "unshare", "--mount", ...node, ...given]);
    expect(JSON.parse(stdout)).toMatchObject({
      machineRoot: false,
      motd: "All stowed\n",
      opaque: ["new"],
      home: [],
      owner: 1000,
      written: "mine",
      unaccounted: 0,
    });
  },
);
