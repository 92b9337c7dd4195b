import { StowageError } from "@stowage/errors";
import { array, assert, property, record, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { Crc64, decodeTarSplitLine, TarSplitEncoder } from "./index.ts";

interface Entry {
  readonly framing: Uint8Array;
  readonly path: string;
  readonly body: Uint8Array;
}

function encode(entries: readonly Entry[]): readonly string[] {
  const lines: string[] = [];
  const encoder = new TarSplitEncoder(
    (line) => lines.push(line),
    () => new Crc64(),
  );
  for (const { framing, path, body } of entries) {
    encoder.framing(framing);
    encoder.entry();
    encoder.startFile(path);
    encoder.body(body);
    encoder.endFile();
  }
  encoder.end();
  return lines;
}

/** The tar again, given who has the bodies. */
function rebuild(lines: readonly string[], bodyAt: (path: string, index: number) => Uint8Array): Buffer {
  let files = 0;
  const parts = lines.map((line) => {
    const part = decodeTarSplitLine(line);
    return part.kind === "framing" ? part.bytes : bodyAt(part.path, files++);
  });
  return Buffer.concat(parts);
}

test("writes the lines that tar-split writes", () => {
  const lines = encode([{ framing: Buffer.from("h1"), path: "etc/two", body: Buffer.from("two\n") }]);
  expect(lines).toEqual([
    '{"type":2,"payload":"aDE=","position":0}\n',
    '{"type":1,"name":"etc/two","size":4,"payload":"YUwqqFAAAAA=","position":1}\n',
  ]);
});

test("says a name that is no UTF-8 as its bytes", () => {
  const [, file] = encode([{ framing: Buffer.from("h"), path: "\xff", body: Buffer.from("x") }]);
  expect(file).toContain('"name_raw":"/w=="');
});

test("gives back every tar from its framing and its bodies", () => {
  const bytes = uint8Array({ maxLength: 20 });
  const entries = array(record({ framing: bytes, path: string({ minLength: 1, unit: "binary-ascii" }), body: bytes }));
  assert(
    property(entries, (all) => {
      const bodies = all.map(({ body }) => body).filter(({ byteLength }) => byteLength > 0);
      const whole = Buffer.concat(all.flatMap(({ framing, body }) => [framing, body]));
      expect(rebuild(encode(all), (_, at) => bodies[at] ?? new Uint8Array())).toEqual(whole);
    }),
  );
});

test("reads any line as a part, or refuses it", () => {
  assert(
    property(string(), (text) => {
      try {
        expect(decodeTarSplitLine(text)).toHaveProperty("kind");
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});

test.for(["", "{}", "[]", '{"type":3}', '{"type":2}', '{"type":1,"size":1}', '{"type":2,"payload":"*"}'])(
  "refuses %j",
  (line) => {
    expect(() => decodeTarSplitLine(line)).toThrow(StowageError);
  },
);
