import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { describe, expect, test } from "vitest";
import { openPlace } from "../run-here.test.fixture.ts";

const text = (content: string): Uint8Array => Buffer.from(content);
const mtime = 1_700_000_000_000_000_000n;

/** Of hostile and odd files. */
function oddImage() {
  const files = [
    { kind: "file" as const, name: "etc/passwd", content: text("of the image\n"), mtime },
    { kind: "symlink" as const, name: "up", linkName: "../../../../../etc/passwd", mtime },
    { kind: "symlink" as const, name: "host", linkName: "/proc", mtime },
    { kind: "symlink" as const, name: "nowhere", linkName: "/no/such", mtime },
    { kind: "symlink" as const, name: "round", linkName: "round", mtime },
    { kind: "file" as const, name: "odd\u001b]0;x\u0007\nname", content: text("odd\n"), mtime },
    { kind: "file" as const, name: "a:b", content: text("colon\n"), mtime },
    { kind: "fifo" as const, name: "pipe", mtime },
    { kind: "file" as const, name: "run", content: text("s"), mode: 0o4755, uid: 5, gid: 6, mtime },
  ];
  return makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files }] }] });
}

const refused = [
  { path: "/etc", code: 1, says: /it is no file, but a directory$/ },
  { path: "/pipe", code: 1, says: /it is no file, but a fifo$/ },
  { path: "/round", code: 1, says: /^stowage: Cannot / },
  { path: "/none", code: 3, says: /the image has no such file; / },
  { path: "/nowhere", code: 3, says: /the image has no such file; / },
  { path: "/etc/passwd/x", code: 3, says: /the image has no such file; / },
  { path: "/etc/../.wh.x", code: 3, says: /the image has no such file; / },
  { path: "/host/self/environ", code: 3, says: /the image has no such file; / },
];

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("cat prints the bytes of files and nothing else, and holds nothing afterwards", async () => {
    const { print, pull, ask } = await openPlace(held);
    const small = await pull("small", smallImage());
    expect(await print("cat", `${small}:/etc/motd`)).toBe("All stowed\n");
    expect(await print("cat", `${small}:bin/hi`, `${small}:/etc/platform`)).toBe(
      "#!/bin/sh\necho hello\nlinux/amd64\n",
    );
    const freed = await ask("rm", small);
    expect(freed).toMatchObject([{ holders: expect.not.arrayContaining([expect.stringMatching(/^read /)]) }]);
  });

  test("cat refuses what is no file, in one line", async () => {
    const { run, pull } = await openPlace(held);
    const odd = await pull("odd", oddImage());
    for (const { path, code, says } of refused) {
      const ended = await run("cat", `${odd}:${path}`);
      expect({ path, code: ended.code, out: ended.out.toString() }).toEqual({ path, code, out: "" });
      expect(ended.err).toMatch(/^stowage: [^\n]*\n$/);
      expect(ended.err.trimEnd()).toMatch(says);
    }
  });

  test("cat stays in the image whatever its links say, and prints on after one that fails", async () => {
    const { run, pull } = await openPlace(held);
    const odd = await pull("odd", oddImage());
    const ended = await run("cat", `${odd}:/up`, `${odd}:/none`, `${odd}:/a:b`);
    expect({ ...ended, out: ended.out.toString() }).toMatchObject({ code: 3, out: "of the image\ncolon\n" });
  });

  test("cp copies a directory, what is in one, and a file under a new name", async () => {
    const { ask, print, pull, directory } = await openPlace(held);
    const small = await pull("small", smallImage());
    const out = join(directory, "out");
    expect(await ask("cp", `${small}:/home`, out)).toMatchObject({ path: "/home", target: out, entries: 3, bytes: 7 });
    expect(await readdir(join(out, "home/user"))).toEqual(["new"]);
    expect(await print("cp", `${small}:bin/.`, join(out, "bin"))).toBe(`${out}/bin  4 entries, 42 B\n`);
    expect(await readlink(join(out, "bin/hi"))).toBe("hello");
    await print("cp", `${small}:/bin/hi`, join(out, "link"));
    await print("cp", "-L", `${small}:/bin/hi`, join(out, "copy"));
    expect((await lstat(join(out, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(out, "copy"), "utf8")).toContain("echo hello");
  });

  test("cp does not follow a link that lies at the destination, and says what is wrong in one line", async () => {
    const { run, pull, directory } = await openPlace(held);
    const small = await pull("small", smallImage());
    const out = join(directory, "out");
    await writeFile(join(out, "file"), "");
    await mkdir(join(out, "dir"));
    for (const { args, code } of [
      { args: [`${small}:/etc`, join(out, "file")], code: 1 },
      { args: [`${small}:/none`, out], code: 3 },
      { args: [`${small}:/etc`, join(out, "no/such/dir")], code: 3 },
      { args: [small, out], code: 3 },
      { args: [`${small}:/etc`, "-"], code: 2 },
    ]) {
      const ended = await run("cp", ...args);
      expect({ args, code: ended.code, out: ended.out.toString() }).toEqual({ args, code, out: "" });
      expect(ended.err).toMatch(/^stowage: Cannot [^\n]*\n$/);
    }
    expect((await readdir(out)).toSorted()).toEqual(["dir", "file"]);
  });

  test("diff tells layers that are shared, and files as docker marks them", async () => {
    const { print, ask, pull } = await openPlace(held);
    const base = {
      files: [{ kind: "directory" as const, name: "etc/", mtime }, file("etc/a", "1"), file("etc/b", "2")],
    };
    const imageOf = (files: readonly ReturnType<typeof file>[]) =>
      makeImage({ platforms: [{ platform: "linux/amd64", layers: [base, { files }] }] });
    const one = await pull("one", imageOf([file("etc/a", "one"), file("same", "3")]));
    const two = await pull("two", imageOf([file("etc/.wh.b", ""), file("same", "3"), file("n\u001b[2Jew", "é")]));
    expect(await print("diff", "--files", one, two)).toBe("C /etc/a  content\nD /etc/b\nA /n\\u001b[2Jew\n");
    const layers = await print("diff", "--layers", one, two);
    expect(layers.split("\n").map((line) => line.split("  ")[0])).toEqual([
      "LAYERS",
      "both",
      "first only",
      "second only",
      "",
    ]);
    expect(await ask("diff", one, two)).toMatchObject({
      layers: [{ in: "both" }, { in: "image" }, { in: "other" }],
      files: expect.arrayContaining([
        { kind: "changed", path: "/etc/a", what: ["content"], bytes: 1 },
        { kind: "removed", path: "/etc/b", what: [], bytes: 1 },
        { kind: "added", path: "/n\u001b[2Jew", what: [], bytes: 2 },
      ]),
    });
    expect(await print("diff", "--files", one, one)).toBe("");
  });
});

function file(name: string, content: string) {
  return { kind: "file" as const, name, content: text(content), mode: 0o644, mtime };
}
