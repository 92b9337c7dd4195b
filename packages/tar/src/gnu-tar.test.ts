import { execFileSync } from "node:child_process";
import {
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempDisposableSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { decodeTar, type TarMember } from "./decode-tar.ts";
import { encodeTar } from "./encode-tar.ts";

const needsRoot = process.getuid?.() !== 0;
const longName = `${"a".repeat(120)}/${"b".repeat(120)}`;

function openScratch(): string {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-tar-"));
  onTestFinished(() => directory.remove());
  return directory.path;
}

function tar(directory: string, ...args: readonly string[]): readonly TarMember[] {
  const bytes = execFileSync("tar", ["--create", "--sort=name", "--directory", directory, ...args, "."], {
    maxBuffer: 2 ** 26,
  });
  return decodeTar(bytes);
}

test.for([
  { format: "v7", long: false },
  { format: "ustar", long: false },
  { format: "gnu", long: true },
  { format: "oldgnu", long: true },
  { format: "pax", long: true },
])("reads what GNU tar writes as $format", ({ format, long }) => {
  const path = openScratch();
  writeFileSync(join(path, "file"), "content".repeat(1000), { mode: 0o640 });
  mkdirSync(join(path, "dir"), { mode: 0o750 });
  symlinkSync("../file", join(path, "dir/symlink"));
  linkSync(join(path, "file"), join(path, "hard"));
  if (long) {
    mkdirSync(join(path, "a".repeat(120)));
    symlinkSync("c".repeat(250), join(path, longName));
  }
  utimesSync(join(path, "file"), 5, 1_000_000_000);
  const found = new Map(tar(path, `--format=${format}`).map((entry) => [entry.name, entry]));
  expect(found.get("./file")).toMatchObject({
    kind: "file",
    mode: 0o640,
    size: 7000,
    mtime: 1_000_000_000_000_000_000n,
  });
  expect(Buffer.from(found.get("./file")?.content ?? []).toString()).toBe("content".repeat(1000));
  expect(found.get("./dir/")).toMatchObject({ kind: "directory", mode: 0o750 });
  expect(found.get("./dir/symlink")).toMatchObject({ kind: "symlink", linkName: "../file" });
  expect(found.get("./hard")).toMatchObject({ kind: "hardlink", linkName: "./file", size: 0 });
  if (long) expect(found.get(`./${longName}`)).toMatchObject({ kind: "symlink", linkName: "c".repeat(250) });
});

test("reads fractions of seconds and times before 1970 of pax", () => {
  const path = openScratch();
  writeFileSync(join(path, "old"), "");
  execFileSync("touch", ["--date=@-1.5", join(path, "old")]);
  expect(tar(path, "--format=pax").at(-1)).toMatchObject({ name: "./old", mtime: -1_500_000_000n });
});

test.skipIf(needsRoot).for(["gnu", "pax"])("reads an owner beyond octal in %s (chown needs root)", (format) => {
  const path = openScratch();
  writeFileSync(join(path, "f"), "");
  chownSync(join(path, "f"), 3_000_000, 2_147_483_647);
  expect(tar(path, `--format=${format}`).at(-1)).toMatchObject({ uid: 3_000_000, gid: 2_147_483_647 });
});

test.skipIf(needsRoot)("reads the xattrs of GNU tar, binary ones too (trusted ones need root)", () => {
  const path = openScratch();
  writeFileSync(join(path, "f"), "");
  execFileSync("setfattr", ["-n", "trusted.binary", "-v", "0x00ff3d0a", join(path, "f")]);
  const entry = tar(path, "--format=pax", "--xattrs", "--xattrs-include=*").at(-1);
  expect(entry?.xattrs).toEqual(new Map([["trusted.binary", new Uint8Array([0, 255, 0x3d, 0x0a])]]));
});

test.for([
  ["--format=gnu"],
  ["--format=oldgnu"],
  ["--format=pax", "--sparse-version=0.0"],
  ["--format=pax", "--sparse-version=0.1"],
  ["--format=pax", "--sparse-version=1.0"],
])("reads a sparse file of many regions with %j", (options) => {
  const path = openScratch();
  const content = Buffer.alloc(4 * 1024 * 1024);
  const file = join(path, "sparse");
  writeFileSync(file, "");
  truncateSync(file, content.length);
  for (let at = 65536; at < content.length; at += 131072) {
    const data = Buffer.alloc(4096, 1 + (at % 251));
    data.copy(content, at);
    execFileSync("dd", [`of=${file}`, "bs=1", `seek=${at}`, "conv=notrunc", "status=none"], { input: data });
  }
  const entry = tar(path, "--sparse", ...options).at(-1);
  expect(entry).toMatchObject({ kind: "file", name: "./sparse", size: content.length });
  expect(content.equals(entry?.content ?? new Uint8Array())).toBe(true);
});

test("writes what GNU tar reads", () => {
  const files = [
    { kind: "directory", name: "d/" },
    { kind: "file", name: `d/${longName.replace("/", "-")}`, content: Buffer.from("x") },
    { kind: "file", name: "d/\xc3\xa9", mtime: 1_500_000_000n, uid: 3_000_000_000 },
    { kind: "symlink", name: "d/s", linkName: "t".repeat(200) },
  ] as const;
  const listed = execFileSync(
    "tar",
    ["--list", "--verbose", "--numeric-owner", "--quoting-style=literal", "--full-time"],
    {
      input: Buffer.concat([...encodeTar(files)]),
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    },
  );
  expect(listed).toContain("3000000000/0");
  expect(listed).toContain("1970-01-01 00:00:01.5");
  expect(listed).toContain(`d/${longName.replace("/", "-")}`);
  expect(listed).toContain(`d/s -> ${"t".repeat(200)}`);
});
