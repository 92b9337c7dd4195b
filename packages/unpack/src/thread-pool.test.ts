import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { LayerSource } from "@stowage/snapshots";
import { expect, test } from "vitest";
import { archiveOf, arriving, layerOf, needsRoot, scratch } from "./layer-fixture.test.support.ts";
import { createUnpacker } from "./unpacker.ts";

const run = promisify(execFile);

test.skipIf(needsRoot)(
  "a hundred layers, four at once, share four threads and all come out right (needs root)",
  async () => {
    const directory = directories();
    await using unpacker = createUnpacker();
    const before = threads();
    let most = 0;
    const queue = Array.from({ length: 100 }, (_, at) => at);
    const unpackNext = async (): Promise<void> => {
      for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
        await unpacker.unpack(noteOf(`${at}`), directory(`${at}`));
        most = Math.max(most, threads() - before);
      }
    };
    await Promise.all(Array.from({ length: 4 }, unpackNext));
    expect(most).toBeLessThanOrEqual(4);
    for (let at = 0; at < 100; at += 1) expect(noteIn(directory(`${at}`))).toBe(`${at}`);
  },
);

test.skipIf(needsRoot)("keeps four idle threads of a rush, and none once it is disposed of (needs root)", async () => {
  const directory = directories();
  await using unpacker = createUnpacker();
  const before = threads();
  await Promise.all(Array.from({ length: 9 }, (_, at) => unpacker.unpack(noteOf(`${at}`), directory(`${at}`))));
  expect(threads() - before).toBe(4);
  await unpacker[Symbol.asyncDispose]();
  expect(threads()).toBe(before);
});

test.skipIf(needsRoot)(
  "keeps no thread for longer than it may be idle, and starts another then (needs root)",
  async () => {
    const directory = directories();
    await using unpacker = createUnpacker({ idleMilliseconds: 50 });
    const before = threads();
    for (const name of ["first", "next"]) {
      await unpacker.unpack(noteOf(name), directory(name));
      expect(noteIn(directory(name))).toBe(name);
      await expect.poll(threads).toBe(before);
    }
  },
);

test.skipIf(needsRoot)(
  "uses one thread, with no file left open, for layers that fail and those after them (needs root)",
  async () => {
    const directory = directories();
    await using unpacker = createUnpacker();
    const before = threads();
    await unpacker.unpack(noteOf("first"), directory("first"));
    const descriptors = openFiles();
    for (const [name, source] of Object.entries(hostile)) {
      await expect(unpacker.unpack(source(), directory(`hostile ${name}`))).rejects.toMatchObject({
        code: "invalid-argument",
      });
      await unpacker.unpack(noteOf(name), directory(name));
      expect(noteIn(directory(name))).toBe(name);
    }
    expect(threads() - before).toBe(1);
    expect(openFiles()).toBe(descriptors);
  },
);

const large = archiveOf([{ kind: "file", name: "d/f", content: Buffer.alloc(20_000_000, "abc") }]);
const hostile: Readonly<Record<string, () => LayerSource>> = {
  "no tar, with more behind it": () => layerOf(large, Buffer.alloc(20_000_000, "x")),
  "a cut off gzip": () => layerOf(large, gzipSync(large).subarray(0, -10)),
  "garbage in the middle of a file": () =>
    layerOf(large, Buffer.concat([gzipSync(large), Buffer.alloc(9_000_000, "x")])),
  "a fifo where a directory should be": () =>
    layerOf(
      archiveOf([
        { kind: "fifo", name: "d" },
        { kind: "file", name: "d/f" },
      ]),
    ),
};

test.skipIf(needsRoot).for([1, 3, 10, 30, 100])(
  "unpacks the next layer right after one that was called off after %i ms (needs root)",
  async (milliseconds) => {
    const directory = directories();
    await using unpacker = createUnpacker();
    const before = threads();
    await unpacker.unpack(noteOf("first"), directory("first"));
    const descriptors = openFiles();
    const reason = new Error("enough");
    const signal = abortedAfter(milliseconds, reason);
    const called = { ...layerOf(large), open: async () => arriving(endlessly(large), 2 ** 40) };
    await expect(unpacker.unpack(called, directory("called off"), { signal })).rejects.toBe(reason);
    expect(openFiles()).toBe(descriptors);
    await unpacker.unpack(noteOf("next"), directory("next"));
    expect(noteIn(directory("next"))).toBe("next");
    expect(readdirSync(directory("next"))).toEqual(["note"]);
    expect(threads() - before).toBe(1);
  },
);

// A thread that is cut off while it loads its libraries takes the process with it.
test("ends threads that have just been started, for layers whose files cannot be opened", async () => {
  const failure = new Error("not found");
  for (let at = 0; at < 20; at += 1) {
    await using unpacker = createUnpacker();
    const source = { ...noteOf("a"), open: async () => Promise.reject(failure) };
    const unpacks = Array.from({ length: 6 }, () => unpacker.unpack(source, "/nowhere"));
    for (const { status } of await Promise.allSettled(unpacks)) expect(status).toBe("rejected");
  }
});

test.skipIf(needsRoot)("lets a process end by itself, with threads that are idle (needs root)", async () => {
  const directory = directories();
  const plain = archiveOf([{ kind: "file", name: "note" }]);
  const script = join(directory("script"), "script.mjs");
  writeFileSync(join(directory("script"), "note.tar"), plain);
  writeFileSync(
    script,
    `
    import { open } from "node:fs/promises";
    import { createUnpacker } from ${JSON.stringify(new URL("./unpacker.ts", import.meta.url))};
    const file = await open(${JSON.stringify(join(directory("script"), "note.tar"))});
    const source = {
      open: async () => ({ fd: file.fd, size: ${plain.length}, arrived: async () => ${plain.length}, [Symbol.asyncDispose]: () => file.close() }),
      diffId: "${layerOf(plain).diffId}",
    };
    await createUnpacker().unpack(source, ${JSON.stringify(directory("own"))});
    process.stdout.write("unpacked");
  `,
  );
  const { stdout } = await run(process.execPath, ["--conditions=@stowage/source", script], { timeout: 8_000 });
  expect(stdout).toBe("unpacked");
});

/** Directories by name, each made when it is first asked for. */
function directories(): (name: string) => string {
  const { layer } = scratch();
  return (name) => {
    const directory = join(layer, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  };
}

function noteOf(text: string): LayerSource {
  const plain = archiveOf([{ kind: "file", name: "note", content: Buffer.from(text) }]);
  return layerOf(plain, gzipSync(plain));
}

function noteIn(directory: string): string {
  return readFileSync(join(directory, "note"), "utf8");
}

async function* endlessly(start: Uint8Array): AsyncGenerator<Uint8Array> {
  yield start;
  for (;;) {
    yield Buffer.alloc(300_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function abortedAfter(milliseconds: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), milliseconds);
  return controller.signal;
}

/** Threads that run JavaScript; Node's own, which inflate, start by and by. */
function threads(): number {
  const names = readdirSync("/proc/self/task").map((id) => readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim());
  return names.filter((name) => name === "unpack").length;
}

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
