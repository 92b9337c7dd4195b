import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { crashStates } from "./crash-states.ts";
import type { FileCall } from "./file-call.ts";
import { readTree } from "./read-tree.ts";
import { recordFileCalls } from "./record-file-calls.ts";
import { type Recorded, recordProgram } from "./recorded-program.test.fixture.ts";
import { type Directory, walkTree } from "./tree.ts";

const busy = `
  import { execFileSync } from "node:child_process";
  import { Worker } from "node:worker_threads";
  process.chdir(root);
  fs.mkdirSync("a/b/c", { recursive: true });
  await Promise.all(Array.from({ length: 24 }, async (_, index) => {
    await fs.promises.mkdir("a/shared/deep", { recursive: true });
    const handle = await fs.promises.open("a/shared/deep/" + index, "wx+");
    await handle.writeFile("content " + index);
    await handle.read(Buffer.alloc(3), 0, 3, 0);
    await handle.writev([Buffer.from(" and"), Buffer.from(" more")]);
    await handle.datasync();
    await handle.close();
    await fs.promises.rename("a/shared/deep/" + index, "a/" + index);
    if (index % 3 === 0) await fs.promises.rm("a/" + index);
  }));
  fs.copyFileSync("a/1", "copied");
  fs.cpSync("a", "copies", { recursive: true });
  fs.linkSync("a/2", "linked");
  fs.symlinkSync("a/b", "symbolic");
  fs.writeFileSync("symbolic/through", "a link");
  fs.appendFileSync("symbolic/through", " and on");
  fs.truncateSync("a/4", 3);
  fs.truncateSync("a/5", 30000);
  fs.chmodSync("a/5", 0o400);
  fs.writeFileSync(Buffer.from([0x66, 0xff, 0x0a, 0x22]), "a name that is not UTF-8");
  fs.rmSync("old", { recursive: true });
  fs.renameSync("kept", "a/kept");
  execFileSync("sh", ["-c", "umask 077; mkfifo pipe; echo one > shell; echo two >> shell; mv shell a/shell; exec 5>>a/shell; echo three >&5"]);
  const worker = new Worker("process.getBuiltinModule('fs').writeFileSync('worker', 'from a thread')", { eval: true });
  await new Promise((resolve) => worker.on("exit", resolve));
  fs.fsyncSync(fs.openSync(root, "r"));
  acknowledge("first");
  acknowledge("second");
`;

function prepare(root: string): void {
  mkdirSync(`${root}/old/older`, { recursive: true });
  writeFileSync(`${root}/old/older/file`, "gone");
  writeFileSync(`${root}/kept`, "kept");
  linkSync(`${root}/kept`, `${root}/twice`);
}

/** Which names are links of one another is told by the first of them. */
function plain(tree: Directory): unknown {
  const first = new Map<number, string>();
  return [...walkTree(tree)].map(([path, node]) => {
    if (!first.has(node.inode)) first.set(node.inode, path);
    const { inode, xattrs: _, owner: __, ...rest } = node;
    if (rest.kind === "directory") return [path, first.get(inode), rest.kind, rest.mode];
    return [
      path,
      first.get(inode),
      rest.kind === "file" ? { ...rest, content: Buffer.from(rest.content).toString() } : rest,
    ];
  });
}

function lastKept({ recording }: Recorded): Directory {
  const calls: FileCall[] = [
    ...recording.calls,
    { kind: "sync-all", covers: recording.calls.length },
    { kind: "mark", text: "end" },
  ];
  const ends = [...crashStates({ ...recording, calls }, { model: "posix" })].filter(
    ({ marks }) => marks.at(-1) === "end",
  );
  expect(ends.map(({ lost }) => lost)).toEqual(["nothing"]);
  return ends[0]?.tree ?? recording.before;
}

test("records what leads to the very tree that a busy program left", async () => {
  await using program = await recordProgram(busy, prepare);
  expect(plain(lastKept(program))).toEqual(plain(readTree(program.root)));
});

test("starts from what was there before", async () => {
  await using program = await recordProgram("", prepare);
  expect(program.recording.calls).toEqual([]);
  expect([...crashStates(program.recording, { model: "ext4" })]).toEqual([
    { after: -1, lost: "nothing", marks: [], tree: program.recording.before },
  ]);
  expect(plain(program.recording.before)).toEqual(plain(readTree(program.root)));
});

test("records what was acknowledged where it was", async () => {
  await using program = await recordProgram(`
    acknowledge("nothing yet");
    fs.mkdirSync(root + "/made");
    acknowledge("made");
  `);
  expect(program.recording.calls).toMatchObject([
    { kind: "mark", text: "nothing yet" },
    { kind: "make", path: "made" },
    { kind: "mark", text: "made" },
  ]);
});

test("fails where the calls do not lead to what is there", async () => {
  const hidden = `
    fs.symlinkSync(root, root + "-alias");
    fs.mkdirSync(root + "-alias/made");
  `;
  await expect(recordProgram(hidden)).rejects.toThrow('do not lead to "made" as it is');
});

test("fails with what the command wrote to stderr", async () => {
  await expect(recordProgram("console.error('no luck'); process.exit(7);")).rejects.toThrow(/it ended with 7\nno luck/);
});

test("fails where there is no such command", async () => {
  await expect(recordFileCalls({ command: "/absent", args: [], root: "." })).rejects.toThrow("/absent");
});

test("ends the command with the reason of the signal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 300);
  const options = { command: "sleep", args: ["60"], root: import.meta.dirname, signal: controller.signal };
  await expect(recordFileCalls(options)).rejects.toBe(reason);
});
