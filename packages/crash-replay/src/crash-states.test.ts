import { assert, constantFrom, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { callSequences, directoriesIn, emptyRoot, outline } from "./call-sequence.test.fixture.ts";
import { type CrashState, crashStates } from "./crash-states.ts";
import type { FileCall } from "./file-call.ts";
import { type Directory, findNode, walkTree } from "./tree.ts";

const models = constantFrom("ext4" as const, "posix" as const);
const whole = { content: true };
const done: FileCall = { kind: "mark", text: "done" };

function statesOf(calls: readonly FileCall[], model: "ext4" | "posix", seed = 1): readonly CrashState[] {
  return [...crashStates({ before: emptyRoot, calls }, { model, seed, perPrefix: 4 })];
}

function marked(states: readonly CrashState[]): readonly CrashState[] {
  return states.filter(({ marks }) => marks.length > 0);
}

/** What is there when nothing is lost. */
function allKept(calls: readonly FileCall[]): Directory {
  const [first] = marked(statesOf([...calls, { kind: "sync-all", covers: calls.length }, done], "posix"));
  return first?.tree ?? emptyRoot;
}

test("leaves one state where everything was synced", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      const synced = calls.flatMap((call, index): FileCall[] => [call, { kind: "sync-all", covers: 2 * index + 1 }]);
      const states = marked(statesOf([...synced, done], model));
      expect(states.map(({ tree, lost }) => [outline(tree, whole), lost])).toEqual([
        [outline(allKept(calls), whole), "nothing"],
      ]);
    }),
  );
});

test("loses nothing that came before a sync of everything, whatever comes after it", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      const kept = outline(allKept(calls), whole);
      const late: FileCall = {
        kind: "make",
        at: { directory: 0, name: "late" },
        inode: 999,
        path: "late",
        node: { kind: "file" },
        mode: 0,
      };
      const states = marked(statesOf([...calls, { kind: "sync-all", covers: calls.length }, done, late], model));
      expect(states).toHaveLength(2);
      for (const { tree } of states) {
        expect(outline(tree, whole).filter(([path]) => path !== "late")).toEqual(kept);
      }
    }),
  );
});

test("has after each call the state in which all is lost and the one in which nothing is", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      const outlines = marked(statesOf([...calls, done], model)).map(({ tree }) => outline(tree, whole));
      expect(outlines).toContainEqual([]);
      expect(outlines).toContainEqual(outline(allKept(calls), whole));
    }),
  );
});

test("gives trees: no directory is in two places", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      for (const { tree } of statesOf(calls, model)) {
        const directories = directoriesIn(tree);
        expect(new Set(directories).size).toBe(directories.length);
      }
    }),
  );
});

test("gives the same states for a seed", () => {
  assert(
    property(callSequences, models, integer(), (calls, model, seed) => {
      expect(statesOf(calls, model, seed)).toEqual(statesOf(calls, model, seed));
    }),
  );
});

test("gives no state twice", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      const outlines = statesOf(calls, model).map(({ tree }) => JSON.stringify(outline(tree, whole)));
      expect(new Set(outlines).size).toBe(outlines.length);
    }),
  );
});

test("keeps the content of files that were synced, wherever they are found", () => {
  assert(
    property(callSequences, models, (calls, model) => {
      const kept = new Map(filesIn(allKept(calls)));
      const syncs = [...kept.keys()].map((inode): FileCall => {
        return { kind: "sync", what: "data", inode, path: "", covers: calls.length };
      });
      for (const { tree } of marked(statesOf([...calls, ...syncs, done], model))) {
        for (const [inode, content] of filesIn(tree)) expect(content).toEqual(kept.get(inode) ?? content);
      }
    }),
  );
});

test("keeps the names in a directory that was synced, by posix", () => {
  assert(
    property(callSequences, (calls) => {
      const sync: FileCall = { kind: "sync", what: "all", inode: 0, path: "", covers: calls.length };
      const names = namesIn(allKept(calls));
      for (const { tree } of marked(statesOf([...calls, sync, done], "posix"))) {
        expect(namesIn(tree)).toEqual(names);
      }
    }),
  );
});

test("keeps names in their order, by ext4", () => {
  assert(
    property(callSequences, (calls) => {
      const shapes = calls.map((_, index) => shapeOf(allKept(calls.slice(0, index + 1))));
      for (const { tree } of statesOf(calls, "ext4")) expect([shapeOf(emptyRoot), ...shapes]).toContain(shapeOf(tree));
    }),
  );
});

const file = {
  kind: "make",
  at: { directory: 0, name: "f" },
  inode: 1,
  path: "f",
  node: { kind: "file" },
  mode: 0o644,
} as const;
const write = (offset: number, bytes: Uint8Array): FileCall => ({ kind: "write", inode: 1, path: "f", offset, bytes });
const ones = new Uint8Array(2048).fill(1);

test.for(["ext4", "posix"] as const)("loses the data of a file that has its name, by %s", (model) => {
  const states = statesOf([file, write(0, ones), write(2048, ones), done], model);
  const contents = marked(states).flatMap(({ tree }) => {
    const found = findNode(tree, "f");
    return found?.kind === "file" ? [found.content] : [];
  });
  expect(contents).toContainEqual(new Uint8Array());
  expect(contents).toContainEqual(new Uint8Array([...new Uint8Array(2048), ...ones]));
  expect(contents.some(({ length }) => length > 2048 && length < 4096 && length % 512 === 0)).toBe(true);
});

test("commits the journal with the fsync of any file, by ext4 alone", () => {
  const other: FileCall = { ...file, at: { directory: 0, name: "g" }, inode: 2, path: "g" };
  const calls: FileCall[] = [
    other,
    file,
    write(0, ones),
    { kind: "sync", what: "data", inode: 1, path: "f", covers: 3 },
    done,
  ];
  expect(marked(statesOf(calls, "ext4")).every(({ tree }) => findNode(tree, "g") !== undefined)).toBe(true);
  expect(marked(statesOf(calls, "posix")).some(({ tree }) => findNode(tree, "g") === undefined)).toBe(true);
});

test("lets a file that moved be in both directories, or in neither, by posix alone", () => {
  const directory: FileCall = {
    ...file,
    at: { directory: 0, name: "d" },
    inode: 2,
    path: "d",
    node: { kind: "directory" },
  };
  const rename: FileCall = {
    kind: "rename",
    inode: 1,
    from: file.at,
    to: { directory: 2, name: "f" },
    oldPath: "f",
    path: "d/f",
  };
  const calls: FileCall[] = [directory, file, { kind: "sync-all", covers: 2 }, rename, done];
  const places = (model: "ext4" | "posix") =>
    new Set(marked(statesOf(calls, model)).map(({ tree }) => [...walkTree(tree)].map(([path]) => path).join(" ")));
  expect(places("posix")).toEqual(new Set(["d f", "d d/f", "d d/f f", "d"]));
  expect(places("ext4")).toEqual(new Set(["d f", "d d/f"]));
});

test("says what is lost", () => {
  const lost = marked(statesOf([file, write(0, ones), done], "ext4")).map((state) => state.lost);
  expect(lost).toContain("nothing");
  expect(lost).toContain("2048 bytes at 0 of f");
  expect(lost).toContain("the making of f, 2048 bytes at 0 of f");
});

function filesIn(tree: Directory): readonly (readonly [inode: number, content: Uint8Array])[] {
  return [...walkTree(tree)].flatMap(([, node]) => (node.kind === "file" ? [[node.inode, node.content] as const] : []));
}

function namesIn(tree: Directory): Readonly<Record<string, number>> {
  return Object.fromEntries([...tree.entries].map(([name, { inode }]) => [name, inode]));
}

function shapeOf(tree: Directory): string {
  return JSON.stringify(outline(tree, { content: false }));
}
