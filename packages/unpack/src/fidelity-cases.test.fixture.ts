import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { foreignArchives } from "./foreign-archives.test.fixture.ts";

/** An archive by a real writer, and the tree that it has to become. */
export interface FidelityCase {
  readonly name: string;
  /** Writes an archive below `directory`, of a tree that it leaves at `<directory>/tree`. */
  readonly write: (directory: string) => Buffer;
}

/** What every format can say. */
const plainTree = `
  mkdir -p d/deep && printf text > d/file && : > empty && head -c 70000 /dev/zero | tr '\\0' x > big
  ln -s ../no/where d/soft && ln d/file hard
  chmod 4711 d/file && chmod 2640 big && chmod 1777 d && chmod 700 d/deep && chown -h 12:34 d/soft && chown 5:6 d/deep empty
  find . -exec touch -h -d @1234567890 {} +`;

const specials = "mkfifo -m 622 fifo && mknod -m 666 null c 1 3 && mknod disk b 7 300 && touch -d @1 fifo null disk .";
const longNames = `
  p=$(printf 'p%.0s' {1..90}) && n=$(printf 'n%.0s' {1..200}) && mkdir -p $p/$n && echo long > $p/$n/$n
  ln $p/$n/$n $p/hard && ln -s "$(printf 'target/%.0s' {1..300})" $p/soft
  find . -exec touch -h -d @1 {} +`;
const prefixNames = `
  p=$(printf 'p%.0s' {1..90}) && mkdir -p $p && echo long > $p/$(printf 'f%.0s' {1..90})
  find . -exec touch -h -d @1 {} +`;
const owners = `
  touch f g && mkdir d && ln -s f s && chown 2097151:2097152 f && chown 3000000:4294967294 g d && chown -h 4294967294:70000 s
  find . -exec touch -h -d @1 {} +`;
const wholeTimes = `
  touch f && mkdir d && ln -s f s && touch -h -d '1901-12-14' f && touch -h -d '1969-12-31 23:59:59 UTC' s
  touch -d '2038-01-20' d && touch -d '2261-01-01' .`;
const fineTimes = `
  touch f g h && mkdir d && ln -s f s && mkfifo p
  touch -d @-0.000000001 f && touch -d @-86400.5 g && touch -d '2040-01-02 03:04:05.123456789' h
  touch -h -d @-1.999999999 s && touch -d '2100-01-01 00:00:00.5' p && touch -d '1960-05-05 05:05:05.055' d && touch -d @0.7 .`;
const oddNames = `
  touch "$(printf 'n\\377\\376')" 'two words' "$(printf 'new\\nline')" 'a=b' "$(printf 'tab\\t')" './-rf' 'ünï' '*' '\\'
  mkdir "$(printf 'd\\200')" && ln -s "$(printf '\\301\\302')" "$(printf 'd\\200/s\\377')" && ln 'a=b' "$(printf 'hard\\375')"
  find . -exec touch -h -d @1 {} +`;
const xattrs = `
  touch f prog && mkdir d && setfattr -n user.binary -v 0x00ff3d0a00 f && setfattr -n trusted.note -v 0x00 d
  setfattr -n user.empty d && setfattr -n user.large -v "$(head -c 3000 /dev/zero | tr '\\0' v)" f
  chown 7:8 prog && chmod 4755 prog && setcap cap_net_raw,cap_sys_admin+ep prog && ln prog second
  setfacl -m u:9:rwx f 2>/dev/null || true
  find . -exec touch -h -d @1 {} +`;

/** Data at the start, in the middle and at the end; holes only; a hole at the end; more runs than any header holds. */
const sparse = `
  put() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
  truncate -s 8M some && put some 0 start && put some 4194304 middle && put some 8388605 end
  truncate -s 4M nothing && truncate -s 6M tail && put tail 4096 data
  truncate -s 8M many && for at in $(seq 1 60); do put many $((at * 131072)) "run $at"; done
  find . -exec touch -h -d @1 {} +`;

const gnu = (format: string, ...options: readonly string[]) => ["tar", "--create", `--format=${format}`, ...options];
const all = ["--xattrs", "--xattrs-include=*"];

/** The tree as one writer has it. */
function written(name: string, script: string, [command = "", ...options]: readonly string[]): FidelityCase {
  return {
    name,
    write: (directory) => {
      makeTree(directory, script);
      const archive = join(directory, "archive.tar");
      const quiet = { cwd: join(directory, "tree"), stdio: "pipe" } as const;
      execFileSync(command, [...options, "--numeric-owner", "--sort=name", `--file=${archive}`, "."], quiet);
      return readFileSync(archive);
    },
  };
}

function makeTree(directory: string, script: string): void {
  execFileSync("bash", ["-euc", `mkdir ${directory}/tree && cd ${directory}/tree && ${script}`], { stdio: "pipe" });
}

/** An archive, changed by a script that finds it as `archive.tar` beside the tree. */
function changed({ write, name }: FidelityCase, change: string, what: string): FidelityCase {
  return {
    name: `${name}, ${what}`,
    write: (directory) => {
      write(directory);
      execFileSync("bash", ["-euc", change], { cwd: directory, stdio: "pipe" });
      return readFileSync(join(directory, "archive.tar"));
    },
  };
}

/** The same tree in several formats. */
const each = (formats: readonly string[], script: string, name: string) =>
  formats.map((format) => written(`${name} in GNU tar's ${format}`, script, gnu(format)));

const simple = written("a tree", plainTree, gnu("gnu"));

export const fidelityCases: readonly FidelityCase[] = [
  ...each(["v7", "ustar", "oldgnu", "gnu", "pax"], plainTree, "files, links, setuid and owners"),
  ...each(["ustar", "gnu", "pax"], specials, "fifos and devices"),
  ...each(["ustar"], prefixNames, "names in prefix and name"),
  ...each(["oldgnu", "gnu", "pax"], longNames, "names and targets of any length"),
  ...each(["gnu", "pax"], owners, "owners above 2^21, in base-256 or in records,"),
  ...each(["gnu", "pax"], wholeTimes, "times before 1970 and after 2038"),
  ...each(["pax"], fineTimes, "times to the nanosecond, also of links and directories,"),
  ...each(["v7", "ustar", "gnu", "pax"], oddNames, "names that are not UTF-8"),
  written("binary xattrs and capabilities", xattrs, gnu("pax", ...all)),
  written("sparse files of GNU tar's oldgnu", sparse, gnu("oldgnu", "--sparse")),
  written("sparse files of GNU tar's gnu", sparse, gnu("gnu", "--sparse")),
  ...["0.0", "0.1", "1.0"].map((version) =>
    written(`sparse files of version ${version}`, sparse, gnu("pax", "--sparse", `--sparse-version=${version}`)),
  ),
  changed(
    simple,
    "cd tree && printf other > empty && touch -d @5 empty . && tar -rf ../archive.tar ./empty .",
    "and two of its names twice",
  ),
  changed(
    simple,
    "cd tree && touch ../hidden && tar -cf ../more.tar -C .. hidden && cat ../more.tar >> ../archive.tar",
    "and another archive behind its end",
  ),
  ...Object.entries(foreignArchives).map(([name, packed]) => ({
    name: `what ${name} writes`,
    write: (directory: string) => {
      makeTree(directory, foreignTree);
      return gunzipSync(Buffer.from(packed, "base64"));
    },
  })),
];

/** The tree that the archives of other tools are of. */
export const foreignTree: string = `
  mkdir d && printf text > d/file && ln -s file d/soft && ln d/file hard && printf x > "$(printf 'n%.0s' {1..97})"
  chown -R 1:2 d && chown -h 1:2 d/soft && chmod 4750 d/file && find . -exec touch -h -d @1234567890 {} +`;
