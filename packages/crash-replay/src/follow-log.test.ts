import { expect, test } from "vitest";
import type { FileCall } from "./file-call.ts";
import { followLog } from "./follow-log.ts";
import { straceLines } from "./strace-line.test.fixture.ts";
import { parseStraceLog } from "./strace-log.ts";
import type { Directory } from "./tree.ts";

const common = { mode: 0o644, xattrs: new Map() };
const before: Directory = {
  kind: "directory",
  inode: 0,
  ...common,
  entries: new Map([
    ["old", { kind: "file", inode: 1, ...common, content: Buffer.from("0123456789") }],
    ["here", { kind: "symlink", inode: 2, ...common, target: "." }],
  ]),
};

function follow(...lines: readonly string[]): readonly FileCall[] {
  const start = { roots: ["/store", "/alias"], marks: "/marks", workingDirectory: "/store", umask: 0o22, before };
  return followLog(parseStraceLog(straceLines(...lines)), start);
}

const openOld = '1 openat(AT_FDCWD</store>, "old", O_RDWR) = 3</store/old>';
const made = (name: string, inode = 3) => ({
  kind: "make",
  inode,
  path: name,
  at: { directory: 0, name },
  node: { kind: "file" },
});
const written = (text: string, offset: number) => ({
  kind: "write",
  inode: 1,
  path: "old",
  offset,
  bytes: Buffer.from(text),
});

test.for([
  {
    what: "a file that an open made, with the mode that the umask left",
    lines: ['1 openat(AT_FDCWD</store>, "new", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</store/new>'],
    calls: [{ ...made("new"), mode: 0o644 }],
  },
  {
    what: "no file where the open found one, but that it was emptied",
    lines: ['1 openat(AT_FDCWD</store>, "old", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</store/old>'],
    calls: [{ kind: "truncate", inode: 1, path: "old", size: 0 }],
  },
  {
    what: "openat2 beneath a descriptor",
    lines: [
      '1 openat(AT_FDCWD</>, "/store", O_RDONLY|O_DIRECTORY) = 4</store>',
      '1 openat2(4</store>, "new", {flags=O_WRONLY|O_CREAT, mode=0600, resolve=RESOLVE_BENEATH}, 24) = 5</store/new>',
    ],
    calls: [{ ...made("new"), mode: 0o600 }],
  },
  {
    what: "plain relative paths after chdir, through a symbolic link and with ..",
    lines: ['1 chdir("/")   = 0', '1 mkdir("store/here/d", 0777) = 0', '1 unlink("store/d/../old") = 0'],
    calls: [
      { kind: "make", path: "d", at: { directory: 0, name: "d" }, mode: 0o755 },
      { kind: "remove", path: "old", at: { directory: 0, name: "old" }, inode: 1 },
    ],
  },
  {
    what: "a path by which the root is also known",
    lines: ['1 mkdir("/alias/d", 0777) = 0'],
    calls: [{ kind: "make", path: "d" }],
  },
  {
    what: "a path that starts at an open directory in /proc",
    lines: [
      '1 openat(AT_FDCWD</>, "/store", O_RDONLY|O_DIRECTORY) = 4</store>',
      '1 rename("/proc/self/fd/4/old", "/proc/self/fd/4/new") = 0',
    ],
    calls: [{ kind: "rename", oldPath: "old", path: "new", inode: 1 }],
  },
  {
    what: "an exchange of two names",
    lines: [
      '1 mkdir("/store/d", 0755) = 0',
      '1 renameat2(AT_FDCWD</store>, "d", AT_FDCWD</store>, "old", RENAME_EXCHANGE) = 0',
      '1 unlink("/store/d") = 0',
    ],
    calls: [{ kind: "make" }, { kind: "rename", inode: 3, exchanged: 1 }, { kind: "remove", inode: 1 }],
  },
  {
    what: "a rename of one name of a file to its other as nothing",
    lines: ['1 link("/store/old", "/store/two") = 0', '1 rename("/store/old", "/store/two") = 0'],
    calls: [{ kind: "link", inode: 1, at: { directory: 0, name: "two" } }],
  },
  {
    what: "a move out of the root as a removal",
    lines: ['1 rename("/store/old", "/elsewhere") = 0'],
    calls: [{ kind: "remove", inode: 1 }],
  },
  {
    what: "a file without a name that is linked later",
    lines: [
      '1 openat(AT_FDCWD</store>, ".", O_RDWR|O_TMPFILE, 0600) = 5</store/#2400295>(deleted)',
      '1 write(5</store/#2400295>(deleted), "tmp", 3) = 3',
      '1 linkat(AT_FDCWD</store>, "/proc/self/fd/5", AT_FDCWD</store>, "new", AT_SYMLINK_FOLLOW) = 0',
    ],
    calls: [
      { kind: "make", inode: 3, at: undefined },
      { kind: "write", inode: 3, offset: 0 },
      { kind: "link", inode: 3, at: { directory: 0, name: "new" } },
    ],
  },
  {
    what: "writes to a file that was removed while open",
    lines: [openOld, '1 unlink("/store/old") = 0', '1 write(3</store/old>(deleted), "gone", 4) = 4'],
    calls: [{ kind: "remove" }, written("gone", 0)],
  },
  {
    what: "only as many bytes as a short write wrote, and goes on after them",
    lines: [openOld, '1 write(3</store/old>, "abcdef", 6) = 4', '1 write(3</store/old>, "ef", 2) = 2'],
    calls: [written("abcd", 0), written("ef", 4)],
  },
  {
    what: "the position that reads, seeks and duplicates move",
    lines: [
      openOld,
      "1 read(0x3, 0x7ffa4f307fa0, 0x2) = 0x2",
      '1 write(3</store/old>, "a", 1) = 1',
      "1 fcntl(3</store/old>, F_DUPFD_CLOEXEC, 60) = 60</store/old>",
      "1 lseek(60</store/old>, 7, SEEK_SET) = 7",
      '1 writev(3</store/old>, [{iov_base="b", iov_len=1}, {iov_base="c", iov_len=1}], 2) = 2',
    ],
    calls: [written("a", 2), written("bc", 7)],
  },
  {
    what: "positioned writes, which leave the position alone",
    lines: [
      openOld,
      '1 pwrite64(3</store/old>, "a", 1, 5) = 1',
      '1 pwritev(3</store/old>, [{iov_base="b", iov_len=1}], 1, 6) = 1',
      '1 pwritev2(3</store/old>, [{iov_base="c", iov_len=1}], 1, 7, 0) = 1',
      '1 pwritev2(3</store/old>, [{iov_base="d", iov_len=1}], 1, -1, RWF_DSYNC) = 1',
    ],
    calls: [
      written("a", 5),
      written("b", 6),
      written("c", 7),
      written("d", 0),
      { kind: "sync", what: "data", covers: 4 },
    ],
  },
  {
    what: "appends at the end of the file, wherever that is by then",
    lines: [
      '1 openat(AT_FDCWD</store>, "old", O_WRONLY|O_APPEND) = 3</store/old>',
      '1 write(3</store/old>, "a", 1) = 1',
      '1 truncate("/store/old", 4) = 0',
      '1 write(3</store/old>, "b", 1) = 1',
    ],
    calls: [written("a", 10), { kind: "truncate", size: 4 }, written("b", 4)],
  },
  {
    what: "what the kernel copied as a write",
    lines: [
      openOld,
      '1 openat(AT_FDCWD</store>, "new", O_WRONLY|O_CREAT, 0600) = 4</store/new>',
      "1 copy_file_range(3</store/old>, [2], 4</store/new>, NULL, 9, 0) = 3",
      "1 sendfile(4</store/new>, 3</store/old>, NULL, 2) = 2",
    ],
    calls: [
      made("new"),
      { kind: "write", inode: 3, offset: 0, bytes: Buffer.from("234") },
      { kind: "write", inode: 3, offset: 3, bytes: Buffer.from("01") },
    ],
  },
  {
    what: "allocation that grows a file, and allocation that does not",
    lines: [
      openOld,
      "1 fallocate(3</store/old>, FALLOC_FL_KEEP_SIZE, 0, 100) = 0",
      "1 fallocate(3</store/old>, 0, 50, 50) = 0",
    ],
    calls: [
      { kind: "allocate", size: 0 },
      { kind: "allocate", size: 100 },
    ],
  },
  {
    what: "nodes, links and attributes",
    lines: [
      '1 mknodat(AT_FDCWD</store>, "gone", S_IFCHR|0600, makedev(0, 0)) = 0',
      '1 symlink("to\\here", "/store/s") = 0',
      '1 fchownat(AT_FDCWD</store>, "s", 1, -1, AT_SYMLINK_NOFOLLOW) = 0',
      '1 chmod("/store/old", 0400) = 0',
      '1 setxattr("/store/old", "user.a", "b", 1, 0) = 0',
      '1 utimensat(AT_FDCWD</store>, "old", [UTIME_OMIT, {tv_sec=2, tv_nsec=0} /* 1970 */], 0) = 0',
    ],
    calls: [
      { kind: "make", node: { kind: "device", type: "character", major: 0, minor: 0 }, mode: 0o600 },
      { kind: "make", node: { kind: "symlink", target: String.raw`to\here` } },
      { kind: "attributes", inode: 4, change: { owner: { uid: 1 } } },
      { kind: "attributes", inode: 1, change: { mode: 0o400 } },
      { kind: "attributes", inode: 1, change: { xattr: { name: "user.a", value: Buffer.from("b") } } },
      { kind: "attributes", inode: 1, change: {} },
    ],
  },
  {
    what: "nothing of what happens outside the root, under the same descriptor or not",
    lines: [
      openOld,
      "1 close(3</store/old>) = 0",
      '1 write(3<pipe:[7]>, "a", 1) = 1',
      '1 openat(AT_FDCWD</store>, "../storehouse", O_WRONLY|O_CREAT, 0600) = 3</storehouse>',
      '1 write(3</storehouse>, "a", 1) = 1',
      "1 fsync(3</storehouse>) = 0",
    ],
    calls: [],
  },
  {
    what: "names that are not UTF-8, byte for byte",
    lines: ['1 mkdir("/store/\xff\xc3(", 0700) = 0'],
    calls: [{ kind: "make", at: { directory: 0, name: "\xff\xc3(" } }],
  },
])("follows $what", ({ lines, calls }) => {
  expect(follow(...lines)).toMatchObject(calls);
  expect(follow(...lines)).toHaveLength(calls.length);
});

test("covers by a sync what had ended when it began, not what ended beside it", () => {
  const calls = follow(
    openOld,
    "1 clone3({flags=CLONE_VM|CLONE_FILES}, 88) = 2",
    '1 write(3</store/old>, "a", 1) = 1',
    "1 fdatasync(3</store/old> <unfinished ...>",
    '2 write(3</store/old>, "b", 1) = 1',
    "1 <... fdatasync resumed>) = 0",
    "1 syncfs(3</store/old>) = 0",
  );
  expect(calls.slice(2)).toEqual([
    { kind: "sync", inode: 1, path: "old", what: "data", covers: 1 },
    { kind: "sync-all", covers: 3 },
  ]);
});

test("counts a mark from where its write began", () => {
  const calls = follow(
    '1 write(9</marks>, "one\ntwo\n", 8 <unfinished ...>',
    '2 mkdir("/store/d", 0755) = 0',
    "1 <... write resumed>) = 8",
  );
  expect(calls).toMatchObject([{ kind: "mark", text: "one" }, { kind: "mark", text: "two" }, { kind: "make" }]);
});

test("puts a call that took effect before it ended ahead of the one that shows it", () => {
  const calls = follow(
    '1 mkdir("/store/d", 0755 <unfinished ...>',
    '2 openat(AT_FDCWD</store>, "d/f", O_WRONLY|O_CREAT, 0644) = 3</store/d/f>',
    "1 <... mkdir resumed>) = 0",
  );
  expect(calls).toMatchObject([
    { kind: "make", path: "d" },
    { kind: "make", path: "d/f" },
  ]);
});

test("shares descriptors among threads, and copies them for processes", () => {
  const calls = follow(
    openOld,
    "1 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD}, 88 <unfinished ...>",
    '2 openat(AT_FDCWD</store>, "new", O_WRONLY|O_CREAT, 0644) = 4</store/new>',
    "1 <... clone3 resumed>) = 2",
    '1 write(4</store/new>, "a", 1) = 1',
    "1 clone(child_stack=NULL, flags=SIGCHLD) = 5",
    "1 close(3</store/old>) = 0",
    '5 write(3</store/old>, "b", 1) = 1',
  );
  expect(calls).toMatchObject([made("new"), { kind: "write", inode: 3 }, written("b", 0)]);
});

test.for([
  {
    what: "a shared mapping",
    line: "1 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</store/old>, 0) = 0x7f0000000000",
  },
  { what: "a splice", line: "1 splice(9<pipe:[7]>, NULL, 3</store/old>, NULL, 5, 0) = 5" },
  { what: "a copy from outside", line: "1 copy_file_range(8</other>, NULL, 3</store/old>, NULL, 5, 0) = 5" },
  {
    what: "a ring that the kernel works off",
    line: "1 io_uring_setup(256, {flags=IORING_SETUP_SQPOLL, features=0}) = 5",
  },
])("refuses $what, of which the log does not show what it writes", ({ line }) => {
  expect(() => follow(openOld, line)).toThrow("Cannot follow");
});

test("refuses a log that contradicts itself", () => {
  expect(() => follow('1 unlink("/store/absent") = 0')).toThrow("Cannot follow unlink in line 1");
});
