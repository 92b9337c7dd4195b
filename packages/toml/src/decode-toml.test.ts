import { StowageError } from "@stowage/errors";
import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { decodeToml } from "./index.ts";

const file = { noun: "settings", name: "a.toml" };
const schema = z.strictObject({
  address: z.string().optional(),
  host: z
    .record(z.string(), z.strictObject({ skip_verify: z.boolean({ error: "true or false" }).optional() }))
    .default({}),
  list: z.array(z.strictObject({ port: z.int().optional() })).default([]),
});

test("reads what the schema makes of it, tables in the order of the file", () => {
  const text =
    'address = "x"\n[host.b]\n[host."a.c"]\nskip_verify = true\n[host.a]\n[[list]]\nport = 1\n[[list]]\nport = 2\n';
  const read = decodeToml(text, file, schema);
  expect(read).toEqual({
    address: "x",
    host: { b: {}, "a.c": { skip_verify: true }, a: {} },
    list: [{ port: 1 }, { port: 2 }],
  });
  expect(Object.keys(read.host)).toEqual(["b", "a.c", "a"]);
});

test.for([
  {
    text: 'address = "x"\n[host.x]\n\nskip_verify = 1',
    says: 'line 4: "host.x.skip_verify" is not what was expected: true',
  },
  { text: "[[list]]\n[[list]]\nport = 'x'", says: 'line 3: "list.1.port" is not what was expected: ' },
  { text: "list = [\n  { port = 1 },\n  { port = 1.5 },\n]", says: 'line 3: "list.1.port" is not what was expected: ' },
  { text: "host.x.skip_verify = 1", says: 'line 1: "host.x.skip_verify" is not what was expected: ' },
  { text: "\nhost = 1", says: 'line 2: "host" is not what was expected: ' },
  { text: "adress = 1", says: 'line 1: there is no key "adress"; perhaps "address"' },
  {
    text: "[host.x]\nskip_verify = true\nskip_verifi = true",
    says: 'line 3: there is no key "host.x.skip_verifi"; perhaps',
  },
  { text: "\n[zzzzzzzz]", says: 'line 2: there is no key "zzzzzzzz"' },
  { text: "zzzzzzzz = 1\naddress = 1", says: "line 1: " },
  { text: "\n[host.x]\nzzzzzzzz = 1\n[[list]]\nzzzzzzzz = 1", says: "line 3: " },
  { text: "address = 1\nzzzzzzzz = 1", says: "line 2: " },
  { text: '[host."https://me:hunter2@x"]\nx = 1', says: 'line 2: there is no key "host.https://[secret]@x.x"' },
  { text: '[host."https://me:hun/t@r2@x"]\nx = 1', says: 'line 2: there is no key "host.https://[secret]@x.x"' },
  { text: '[host."me:hunter2@x"]\nx = 1', says: 'line 2: there is no key "host.[secret]@x.x"' },
  { text: '"a\\nb" = 1', says: 'line 1: there is no key "a\\nb"' },
  { text: "\na = ", says: "line 2, column " },
  { text: "a = 1\na = 2", says: "line 2, column 1: " },
  { text: `a = ${"[".repeat(50_000)}${"]".repeat(50_000)}`, says: "its values are nested too deep" },
])("refuses a file with $says", ({ text, says }) => {
  expect(() => decodeToml(text, file, schema)).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(says) }),
  );
  expect(() => decodeToml(text, file, schema)).toThrow('Cannot read settings "a.toml": ');
});

test("no key reaches the prototype of all objects", () => {
  const anything = z.record(z.string(), z.unknown());
  for (const text of ["[__proto__]\nstained = 1", "a.__proto__.stained = 1", "a = { __proto__ = { stained = 1 } }"]) {
    expect(() => decodeToml(text, file, anything)).toThrow('line 1: there is no key "');
  }
  expect(Reflect.has({}, "stained")).toBe(false);
  expect(decodeToml("[constructor.prototype]\nstained = 1", file, anything)).toHaveProperty("constructor");
  expect(Reflect.has({}, "stained")).toBe(false);
});

test("no message has the value of a key", () => {
  for (const text of [
    'address = "hunter2',
    "address = hunter2",
    'host = "hunter2"',
    'host.x.skip_verify = "hunter2"',
  ]) {
    expect(() => decodeToml(text, file, schema)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  }
});

test("any text gives a value or a StowageError", () => {
  const words = constantFrom(
    "[",
    "]",
    "[[",
    "]]",
    ".",
    "=",
    '"',
    "'''",
    "{",
    "}",
    ",",
    "\n",
    "a",
    "__proto__",
    "1",
    "#",
    "1979-05-27",
  );
  assert(
    property(array(words, { maxLength: 30 }), string(), (parts, rest) => {
      for (const text of [parts.join(""), parts.join("") + rest]) {
        try {
          decodeToml(text, file, z.record(z.string(), z.unknown()));
        } catch (error) {
          expect(error).toBeInstanceOf(StowageError);
        }
      }
    }),
  );
});

test("reads back every table it is given, keys in their order", () => {
  const keys = string({ minLength: 1 }).filter((key) => key !== "__proto__" && !/^[0-9]+$/.test(key));
  assert(
    property(array(keys, { maxLength: 8 }), (list) => {
      const unique = [...new Set(list)];
      const text = unique.map((key) => `[t.${toml(key)}]\nv = ${toml(key)}\n`).join("");
      const read = decodeToml(
        text,
        file,
        z.object({ t: z.record(z.string(), z.object({ v: z.string() })).default({}) }),
      );
      expect(Object.entries(read.t)).toEqual(unique.map((key) => [key, { v: key }]));
    }),
  );
});

/** A basic string, everything but letters escaped. */
function toml(text: string): string {
  const escaped = Array.from(text, (letter) => `\\U${(letter.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`);
  return `"${escaped.join("")}"`;
}
