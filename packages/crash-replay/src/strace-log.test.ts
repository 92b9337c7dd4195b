import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { parseStraceLog } from "./strace-log.ts";
import { type LogValue, parseValues } from "./strace-value.ts";

const word = (text: string): LogValue => ({ kind: "word", text });
const bytes = (value: string): LogValue => ({ kind: "text", bytes: Buffer.from(value, "latin1") });
const descriptor = (name: string, path: string): LogValue => ({ kind: "descriptor", word: name, path });

test.for([
  {
    what: "a call on one line",
    log: String.raw`27235 rename("\x6c", "\x6d")            = 0`,
    calls: [{ thread: 27235, name: "rename", text: String.raw`"\x6c", "\x6d"`, result: 0, began: 0, ended: 0 }],
  },
  {
    what: "the descriptor that an open gave, whatever its path",
    log: String.raw`7 openat(AT_FDCWD<\x2f>, "\x61", O_RDONLY) = 21<\x2f\x61>(deleted)`,
    calls: [
      { thread: 7, name: "openat", text: String.raw`AT_FDCWD<\x2f>, "\x61", O_RDONLY`, result: 21, began: 0, ended: 0 },
    ],
  },
  {
    what: "a raw read, of which only part of what was asked for came",
    log: "7 read(0x5, 0x7ffa4f307fa0, 0x400) = 0x8",
    calls: [{ thread: 7, name: "read", text: "0x5, 0x7ffa4f307fa0, 0x400", result: 8, began: 0, ended: 0 }],
  },
  {
    what: "flags that strace explains beside the result",
    log: String.raw`7 fcntl(0<\x2f>, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)`,
    calls: [{ thread: 7, name: "fcntl", text: String.raw`0<\x2f>, F_GETFL`, result: 0x8000, began: 0, ended: 0 }],
  },
])("reads $what", ({ log, calls }) => {
  expect(parseStraceLog(log)).toEqual(calls);
});

test("puts together a call that another thread interrupted, where it ended", () => {
  const log = [
    String.raw`1 write(23<\x2f\x61>, "\x78", 1 <unfinished ...>`,
    "2 fsync(4 <unfinished ...>",
    "1 <... write resumed>)              = 1",
    "2 <... fsync resumed>)              = 0",
  ].join("\n");
  expect(parseStraceLog(log)).toEqual([
    { thread: 1, name: "write", text: String.raw`23<\x2f\x61>, "\x78", 1`, result: 1, began: 0, ended: 2 },
    { thread: 2, name: "fsync", text: "4", result: 0, began: 1, ended: 3 },
  ]);
});

test.for([
  {
    what: "failed",
    line: String.raw`7 openat(AT_FDCWD<\x2f>, "\x61", O_RDONLY) = -1 ENOENT (No such file or directory)`,
  },
  { what: "never returned", line: "7 exit_group(0)                     = ?" },
  { what: "would be restarted", line: "7 read(0x5, 0x7f, 0x1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)" },
  { what: "never ended", line: "7 fsync(4 <unfinished ...>" },
  { what: "began before the log", line: "7 <... fsync resumed>)              = 0" },
  { what: "is the end of a thread", line: "7 +++ exited with 0 +++" },
])("leaves out what $what", ({ line }) => {
  expect(parseStraceLog(line)).toEqual([]);
});

test.for<{ what: string; text: string; values: readonly LogValue[] }>([
  { what: "nothing", text: "", values: [] },
  { what: "strings", text: String.raw`"\x61\x22\xff", ""`, values: [bytes('a"\xff'), bytes("")] },
  {
    what: "descriptors, also of files that are gone, and numbers",
    text: String.raw`3<\x2f\x61>(deleted), AT_FDCWD<\x2f\x62>, 0644`,
    values: [descriptor("3", "/a"), descriptor("AT_FDCWD", "/b"), word("0644")],
  },
  {
    what: "the record of openat2",
    text: "{flags=O_WRONLY|O_CREAT, mode=0600, resolve=RESOLVE_BENEATH}, 24",
    values: [
      {
        kind: "record",
        fields: new Map([
          ["flags", word("O_WRONLY|O_CREAT")],
          ["mode", word("0600")],
          ["resolve", word("RESOLVE_BENEATH")],
        ]),
      },
      word("24"),
    ],
  },
  {
    what: "a vector",
    text: String.raw`[{iov_base="\x61", iov_len=1}], 1`,
    values: [
      {
        kind: "list",
        items: [
          {
            kind: "record",
            fields: new Map([
              ["iov_base", bytes("a")],
              ["iov_len", word("1")],
            ]),
          },
        ],
      },
      word("1"),
    ],
  },
  {
    what: "times with their explanation",
    text: "[{tv_sec=1, tv_nsec=0} /* 1970-01-01T00:00:01+0000 */], 0",
    values: [
      {
        kind: "list",
        items: [
          {
            kind: "record",
            fields: new Map([
              ["tv_sec", word("1")],
              ["tv_nsec", word("0")],
            ]),
          },
        ],
      },
      word("0"),
    ],
  },
  {
    what: "a device",
    text: "S_IFCHR|0600, makedev(0x1, 0x3)",
    values: [word("S_IFCHR|0600"), word("makedev(0x1, 0x3)")],
  },
])("reads $what among arguments", ({ text, values }) => {
  expect(parseValues(text)).toEqual(values);
});

test.for([String.raw`3, "\x61"..., 2`, "[{iov_len=1}, ...]"])(
  "does not take %s, which is cut short, for the whole",
  (text) => {
    expect(() => parseValues(text)).toThrow("short");
  },
);

test("reads any arguments to an end, or says that it cannot", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      try {
        expect(parseValues(text)).toBeInstanceOf(Array);
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(/^Cannot read arguments/) });
      }
    }),
  );
});
