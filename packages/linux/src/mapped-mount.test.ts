import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IdMap } from "@stowage/oci";
import { expect, onTestFinished, test } from "vitest";
import { mount, mountAll, unmount } from "./mount.ts";
import { mountHolding, parseMountInfo, readMounts } from "./mount-table.ts";
import { openUserNamespace } from "./user-namespace.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

const range = { inside: 0, outside: 100_000, length: 65_536 };
const idMap: IdMap = { uids: [range], gids: [range] };

/** Runs a shell as root of a user namespace with these ids. */
async function asItsRoot(script: string): Promise<string> {
  using namespace = await openUserNamespace(idMap);
  const user = `--user=/proc/${process.pid}/fd/${namespace.fd}`;
  return execFileSync("nsenter", [user, "--setuid=0", "--setgid=0", "sh", "-c", script], { encoding: "utf8" });
}

privileged("makes a user namespace with the ids that were asked for (needs root)", async () => {
  const lines = (await asItsRoot("cat /proc/self/uid_map /proc/self/gid_map")).trim().split("\n");
  expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
    ["0", "100000", "65536"],
    ["0", "100000", "65536"],
  ]);
});

test("says why there is no such user namespace", async () => {
  const overlapping = { ...range, inside: 10 };
  const made = openUserNamespace({ uids: [range, overlapping], gids: [range] });
  await expect(made).rejects.toMatchObject({ code: "failed-precondition" });
});

privileged("shows the files of a bind mount as those of mapped users (needs root)", async () => {
  const { source, target } = openScratch();
  await mountAll([{ type: "bind", source, options: ["bind"], idMap }], target);
  expect(lstatSync(join(target, "file"))).toMatchObject({ uid: 100_000, gid: 100_000 });
  expect(await asItsRoot(`echo new > ${target}/new; stat -c %u ${target}/new`)).toBe("0\n");
  expect(lstatSync(join(source, "new"))).toMatchObject({ uid: 0, gid: 0 });
});

privileged("keeps a mapped bind mount read-only (needs root)", async () => {
  const { source, target } = openScratch();
  await mountAll([{ type: "bind", source, options: ["bind", "ro", "nosuid"], idMap }], target);
  expect(() => writeFileSync(join(target, "new"), "")).toThrow(expect.objectContaining({ code: "EROFS" }));
  expect(mountHolding(target)?.options).toEqual(expect.arrayContaining(["ro", "nosuid"]));
});

privileged("maps the lower layers of an overlay and not what is written (needs root and Linux 6.13)", async () => {
  const { path, source, target } = openScratch();
  const [upper, work] = [join(path, "upper:,\\"), join(path, "work")];
  for (const directory of [upper, work]) mkdirSync(directory);
  execFileSync("chown", ["100000:100000", upper]);
  const escaped = upper.replace(/[\\:,]/g, (character) => `\\${character}`);
  const options = [`lowerdir=${source}:${path}/other`, `upperdir=${escaped}`, `workdir=${work}`];
  await mountAll([{ type: "overlay", source: "overlay", options, idMap }], target);
  expect(await asItsRoot(`cd ${target} && echo more >> file && chown 5:5 file && stat -c %u:%g . file`)).toBe(
    "0:0\n5:5\n",
  );
  expect(lstatSync(join(upper, "file"))).toMatchObject({ uid: 100_005, gid: 100_005 });
  expect(lstatSync(join(source, "file"))).toMatchObject({ uid: 0, gid: 0 });
  const lower = mountHolding(target)?.superOptions.join();
  expect(lower).toContain(`lowerdir+=${source.slice(mountHolding(source)?.target.replace(/\/$/, "").length)}`);
});

privileged(
  "says that a file system does not map ids, and mounts nothing of what was to be mounted (needs root)",
  async () => {
    const { source, target } = openScratch();
    const mounts = [
      { type: "bind", source, options: ["bind"] },
      { type: "bind", source: "/proc", options: ["bind"], idMap },
    ];
    await expect(mountAll(mounts, target)).rejects.toMatchObject({ code: "failed-precondition" });
    expect(readdirSync(target)).toEqual([]);
    expect(readMounts().some((entry) => entry.target === target)).toBe(false);
  },
);

test("takes no map without a namespace that has it", () => {
  const request = { type: "bind", source: "/", target: "/nowhere", options: ["bind"], idMap };
  expect(() => mount(request)).toThrow("together");
});

test.for([
  { path: "/a/b/c", target: "/a/b" },
  { path: "/a/b", target: "/a/b" },
  { path: "/a/bc", target: "/a" },
  { path: "/x", target: "/" },
])("finds that $path is in the mount $target", ({ path, target }) => {
  const mounts = parseMountInfo(
    ["/", "/a", "/a/b"].map((at, id) => `${id} 1 8:1 / ${at} rw - ext4 /dev/sda rw`).join("\n"),
  );
  expect(mountHolding(path, mounts)?.target).toBe(target);
});

/** A directory with a file of root in it, and one to mount on, which anybody may enter. */
function openScratch(): { readonly path: string; readonly source: string; readonly target: string } {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-mapped-"));
  const { path } = directory;
  const [source, target] = [join(path, "source"), join(path, "target")];
  onTestFinished(() => {
    while (readMounts().some((entry) => entry.target === target)) unmount(target);
    directory.remove();
  });
  chmodSync(path, 0o755);
  for (const name of ["source", "target", "other"]) mkdirSync(join(path, name));
  writeFileSync(join(source, "file"), "text\n");
  return { path, source, target };
}
