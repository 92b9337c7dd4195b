import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { type CrashState, crashStates } from "./crash-states.ts";
import { type Recorded, recordProgram } from "./recorded-program.test.fixture.ts";
import { findNode } from "./tree.ts";
import { writeTree } from "./write-tree.ts";

const models = ["ext4", "posix"] as const;
const content = "x".repeat(10_000);

/** Stores a file under its final name, with as much care as is asked for. */
const store = (care: { readonly syncsData: boolean; readonly syncsName: boolean }) => `
  const fd = fs.openSync(root + "/temporary", "wx");
  fs.writeSync(fd, "${content}");
  ${care.syncsData ? "fs.fdatasyncSync(fd);" : ""}
  fs.closeSync(fd);
  fs.renameSync(root + "/temporary", root + "/final");
  const directory = fs.openSync(root, "r");
  ${care.syncsName ? "fs.fsyncSync(directory);" : ""}
  acknowledge("stored");
`;

/** What is under the final name in each state, `undefined` where nothing is. */
function finals(states: readonly CrashState[]): readonly (string | undefined)[] {
  return states.map(({ tree }) => {
    const node = findNode(tree, "final");
    return node?.kind === "file" ? Buffer.from(node.content).toString() : undefined;
  });
}

function marked(states: readonly CrashState[]): readonly CrashState[] {
  return states.filter(({ marks }) => marks.length > 0);
}

describe.for(models)("a file that is renamed to its final name, by %s", (model) => {
  test("may be damaged there where nothing was synced", async () => {
    await using program = await recordProgram(store({ syncsData: false, syncsName: false }));
    const found = finals([...crashStates(program.recording, { model })]);
    expect(found).toContain("");
    expect(found).toContain(undefined);
    expect(found).toContain(content);
    expect(found.some((text = "") => text.length > 0 && text.length < content.length)).toBe(true);
  });

  test("is absent or whole where its data was synced, and there once that was acknowledged", async () => {
    await using program = await recordProgram(store({ syncsData: true, syncsName: true }));
    const states = [...crashStates(program.recording, { model })];
    expect(new Set(finals(states))).toEqual(new Set([undefined, content]));
    expect(marked(states)).not.toEqual([]);
    expect(new Set(finals(marked(states)))).toEqual(new Set([content]));
  });

  test("may be missing where its directory was not synced, and is never damaged", async () => {
    await using program = await recordProgram(store({ syncsData: true, syncsName: false }));
    const states = [...crashStates(program.recording, { model })];
    expect(new Set(finals(states))).toEqual(new Set([undefined, content]));
    expect(finals(marked(states))).toContain(undefined);
  });
});

/** Enough for the log to be written back and begun anew, over what was in it before. */
const rowCount = 24;

const insertRows = (synchronous: string) => `
  import { DatabaseSync } from "node:sqlite";
  const database = new DatabaseSync(root + "/index.db");
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 10");
  database.exec("PRAGMA synchronous = ${synchronous}; CREATE TABLE image (name TEXT NOT NULL)");
  for (let row = 0; row < ${rowCount}; row += 1) {
    database.exec("INSERT INTO image VALUES ('" + row + "')");
    acknowledge(String(row));
  }
  database.close();
`;

/** What SQLite makes of a state: whether it calls it whole, and which rows that it had promised are not there. */
function recover(
  program: Recorded,
  { tree, marks }: CrashState,
): { readonly check: unknown; readonly missing: readonly string[] } {
  const directory = program.scratch();
  writeTree(tree, directory);
  const database = new DatabaseSync(join(directory, "index.db"));
  const check = database.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'image'").get() !== undefined;
  const rows = hasTable
    ? database
        .prepare("SELECT name FROM image")
        .all()
        .map((row) => row["name"])
    : [];
  database.close();
  rmSync(directory, { recursive: true });
  return { check, missing: marks.filter((name) => !rows.includes(name)) };
}

describe.for(models)("a database of SQLite with a write-ahead log, by %s", (model) => {
  test("is whole and has every row that was acknowledged, after a power cut at any moment", async () => {
    await using program = await recordProgram(insertRows("FULL"));
    const states = [...crashStates(program.recording, { model })];
    expect(states.at(-1)?.marks).toHaveLength(rowCount);
    for (const state of states) {
      const outcome = { after: state.after, lost: state.lost, ...recover(program, state) };
      expect(outcome).toMatchObject({ check: "ok", missing: [] });
    }
  });

  test("lacks rows that were acknowledged where it was told not to sync", async () => {
    await using program = await recordProgram(insertRows("OFF"));
    const outcomes = [...crashStates(program.recording, { model, perPrefix: 0 })].map((state) =>
      tryToRecover(program, state),
    );
    expect(outcomes.some((outcome) => outcome !== undefined && outcome.missing.length > 0)).toBe(true);
  });
});

/** Without syncs a database may also be too damaged to be opened. */
function tryToRecover(program: Recorded, state: CrashState): ReturnType<typeof recover> | undefined {
  try {
    return recover(program, state);
  } catch (error) {
    if (error instanceof Error && "errcode" in error) return undefined;
    throw error;
  }
}
