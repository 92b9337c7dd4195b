import { join } from "node:path";
import { Writable } from "node:stream";
import { smallImage } from "@stowage/image-fixtures";
import { expect, test } from "vitest";
import { main } from "../command-line.ts";
import { openPlace, type Place, runHere } from "../run-here.test.fixture.ts";
import { Terminal } from "../terminal.ts";

/** Follows events, and lets some happen until the end, which `written` is told of what was printed may bring about. */
async function follow({ place, pull }: Place, written: (text: string) => Error | undefined): Promise<number> {
  const stdout = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => setImmediate(() => done(written(text))),
  }).on("error", () => undefined);
  const { signal } = new AbortController();
  const stderr = new Writable({ write: (_block, _encoding, done) => done() });
  const ended = main(["events", ...place], new Terminal({ stdout, stderr, signal }));
  const code = ended.then((value) => ({ value }));
  for (let seed = 0; ; seed += 1) {
    const done = await Promise.race([code, pull(`app${seed}`, smallImage()).then(() => undefined)]);
    if (done !== undefined) return done.value;
  }
}

test("events end with who reads them, at the first that is not read", async () => {
  const place = await openPlace({ daemon: true });
  const lines: string[] = [];
  const code = await follow(place, (line) => {
    lines.push(line);
    return lines.length < 2 ? undefined : Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  });
  expect(code).toBe(0);
  expect(lines.map((line) => line.split("\n").length)).toEqual([2, 2]);
});

test("events of the daemon of another store are not followed", async () => {
  const { directory, place } = await openPlace({ daemon: true });
  const [, root = "", , address = ""] = place;
  for (const { named, code, says } of [
    { named: ["--root", join(directory, "other"), "--address", address], code: 1, says: `holds the store "${root}"` },
    { named: ["--root", root, "--address", join(directory, "none.sock")], code: 5, says: "no daemon answers" },
  ])
    expect(await runHere(["events", ...named])).toMatchObject({ code, err: expect.stringContaining(says) });
});
