import { assert, constantFrom, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { callSequences, directoriesIn, emptyRoot, outline } from "./call-sequence.test.fixture.ts";
import { type CrashState, crashStates } from "./crash-states.ts";
import type { Entry, FileCall } from "./file-call.ts";
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

const directory = (inode: number, at: Entry): FileCall => {
  return { kind: "make", at, inode, path: at.name, node: { kind: "directory" }, mode: 0o755 };
};
const move = (inode: number, from: Entry, to: Entry): FileCall => {
  return { kind: "rename", inode, from, to, oldPath: from.name, path: to.name };
};
const inRoot = (name: string): Entry => ({ directory: 0, name });
const syncAll = (covers: number): FileCall => ({ kind: "sync-all", covers });
const sync = (inode: number, what: "all" | "data", covers: number): FileCall => {
  return { kind: "sync", what, inode, path: "", covers };
};
const twos = new Uint8Array(512).fill(2);

interface Case {
  readonly what: string;
  readonly calls: readonly FileCall[];
  readonly holds: (tree: Directory) => boolean;
}

/** Two directories `a` and `b` with the inodes 1 and 2, durable. */
const aAndB = [directory(1, inRoot("a")), directory(2, inRoot("b")), syncAll(2)];
/** A durable file `f` with the inode 1, of 2048 ones. */
const durableFile = [file, write(0, ones), syncAll(2)];

const posixAlways: readonly Case[] = [
  {
    what: "keeps the synced name of a file whose first name may be lost",
    calls: [
      ...aAndB,
      { ...file, inode: 3, at: { directory: 1, name: "f" } },
      move(3, { directory: 1, name: "f" }, { directory: 2, name: "f" }),
      sync(2, "all", 5),
    ],
    holds: (tree) => findNode(tree, "b/f") !== undefined,
  },
  {
    what: "keeps the synced name of a directory that moved twice",
    calls: [
      ...aAndB,
      directory(3, { directory: 1, name: "d" }),
      syncAll(4),
      move(3, { directory: 1, name: "d" }, inRoot("d")),
      move(3, inRoot("d"), { directory: 2, name: "d" }),
      sync(2, "all", 7),
    ],
    holds: (tree) => findNode(tree, "b/d") !== undefined,
  },
  {
    what: "has a directory in one place that was renamed twice",
    calls: [...aAndB, move(1, inRoot("a"), inRoot("c")), move(1, inRoot("c"), inRoot("d"))],
    holds: (tree) => directoriesIn(tree).join() === "0,2,1" || directoriesIn(tree).join() === "0,1,2",
  },
  {
    what: "puts no directory into itself where the move out of it is lost",
    calls: [
      directory(1, inRoot("a")),
      directory(2, { directory: 1, name: "b" }),
      syncAll(2),
      move(2, { directory: 1, name: "b" }, inRoot("b")),
      move(1, inRoot("a"), { directory: 2, name: "a" }),
    ],
    holds: (tree) => directoriesIn(tree).length === 3,
  },
  {
    what: "keeps the mode of a file that was synced with its attributes",
    calls: [...durableFile, { kind: "attributes", inode: 1, path: "f", change: { mode: 0o400 } }, sync(1, "all", 4)],
    holds: (tree) => findNode(tree, "f")?.mode === 0o400,
  },
];

test.for(posixAlways)("$what, by posix", ({ calls, holds }) => {
  const states = marked(statesOf([...calls, done], "posix"));
  expect(states).not.toEqual([]);
  expect(states.filter(({ tree }) => !holds(tree)).map(({ lost }) => lost)).toEqual([]);
});

const ext4Always: readonly Case[] = [
  {
    what: "commits the journal wholly where a sync has to allocate",
    calls: [file, write(0, ones), directory(2, inRoot("d")), sync(1, "data", 3)],
    holds: (tree) => findNode(tree, "d") !== undefined,
  },
  {
    what: "loses the end of a file with the names that are older than it",
    calls: [...durableFile, directory(2, inRoot("d")), write(2048, ones)],
    holds: (tree) => findNode(tree, "d") !== undefined || contentOf(tree).length === 2048,
  },
  {
    what: "writes over nothing that a lost truncation would have taken away",
    calls: [...durableFile, { kind: "truncate", inode: 1, path: "f", size: 0 }, write(0, twos)],
    holds: (tree) => contentOf(tree).length < 2048 || contentOf(tree)[0] === 1,
  },
];

test.for(ext4Always)("$what, by ext4", ({ calls, holds }) => {
  const states = marked(statesOf([...calls, done], "ext4"));
  expect(states).not.toEqual([]);
  expect(states.filter(({ tree }) => !holds(tree)).map(({ lost }) => lost)).toEqual([]);
});

const sometimes: readonly (Case & { readonly model: "ext4" | "posix" })[] = [
  {
    model: "posix",
    what: "loses a write that ended after the sync beside it had begun",
    calls: [...durableFile, write(0, twos), sync(1, "all", 3)],
    holds: (tree) => contentOf(tree)[0] === 1,
  },
  {
    model: "ext4",
    what: "loses a write that ended after the sync beside it had begun",
    calls: [...durableFile, write(0, twos), sync(1, "all", 3)],
    holds: (tree) => contentOf(tree)[0] === 1,
  },
  {
    model: "ext4",
    what: "keeps what was written in place without the names that are older",
    calls: [...durableFile, directory(2, inRoot("d")), write(0, twos)],
    holds: (tree) => findNode(tree, "d") === undefined && contentOf(tree)[0] === 2,
  },
  {
    model: "ext4",
    what: "commits nothing with data that was written in place",
    calls: [...durableFile, directory(2, inRoot("d")), write(0, twos), sync(1, "data", 5)],
    holds: (tree) => findNode(tree, "d") === undefined,
  },
  {
    model: "ext4",
    what: "commits nothing that is younger than the last change of the file",
    calls: [...durableFile, write(0, twos), directory(2, inRoot("d")), sync(1, "all", 5)],
    holds: (tree) => findNode(tree, "d") === undefined,
  },
  {
    model: "posix",
    what: "loses the mode of a file of which only the data was synced",
    calls: [...durableFile, { kind: "attributes", inode: 1, path: "f", change: { mode: 0o400 } }, sync(1, "data", 4)],
    holds: (tree) => findNode(tree, "f")?.mode === file.mode,
  },
  {
    model: "posix",
    what: "has zeros where a file has its length and not its data",
    calls: [file, write(0, ones)],
    holds: (tree) => contentOf(tree).length === 2048 && contentOf(tree).every((byte) => byte === 0),
  },
];

test.for(sometimes)("$what, by $model", ({ calls, holds, model }) => {
  expect(marked(statesOf([...calls, done], model)).some(({ tree }) => holds(tree))).toBe(true);
});

function contentOf(tree: Directory): Uint8Array {
  const node = findNode(tree, "f");
  return node?.kind === "file" ? node.content : new Uint8Array();
}

function filesIn(tree: Directory): readonly (readonly [inode: number, content: Uint8Array])[] {
  return [...walkTree(tree)].flatMap(([, node]) => (node.kind === "file" ? [[node.inode, node.content] as const] : []));
}

function namesIn(tree: Directory): Readonly<Record<string, number>> {
  return Object.fromEntries([...tree.entries].map(([name, { inode }]) => [name, inode]));
}

function shapeOf(tree: Directory): string {
  return JSON.stringify(outline(tree, { content: false }));
}
