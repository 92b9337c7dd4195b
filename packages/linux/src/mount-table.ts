import { readFileSync } from "node:fs";

/** A line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface MountEntry {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` */
  readonly device: string;
  /** The directory of the file system that is mounted here. */
  readonly root: string;
  readonly target: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** What is mounted, as this process sees it, in the order of mounting. */
export function readMounts(): readonly MountEntry[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** Reads the text of a mountinfo file; lines that are none are left out. */
export function parseMountInfo(text: string): readonly MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const entry = parseLine(line);
    return entry === undefined ? [] : [entry];
  });
}

/** The mount that a path without symlinks leads into: of those that it begins with, the longest, and of equals the topmost. */
export function mountHolding(path: string, mounts: readonly MountEntry[] = readMounts()): MountEntry | undefined {
  let found: MountEntry | undefined;
  for (const entry of mounts) {
    const isAbove = entry.target === "/" || path === entry.target || path.startsWith(`${entry.target}/`);
    if (isAbove && entry.target.length >= (found?.target.length ?? 0)) found = entry;
  }
  return found;
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
const line =
  /^(?<id>\d+) (?<parent>\d+) (?<device>\d+:\d+) (?<root>\S+) (?<target>\S+) (?<options>\S+)(?: [^- ]\S*)* - (?<type>\S+) (?<source>\S*) (?<superOptions>\S*)$/;

function parseLine(text: string): MountEntry | undefined {
  const { id, parent, device, root, target, options, type, source, superOptions } = line.exec(text)?.groups ?? {};
  if (id === undefined || device === undefined || type === undefined) return undefined;
  return {
    id: Number(id),
    parentId: Number(parent),
    device,
    root: unescape(root),
    target: unescape(target),
    options: splitOptions(options),
    type,
    source: unescape(source),
    superOptions: splitOptions(superOptions),
  };
}

function splitOptions(text = ""): readonly string[] {
  return text.split(",").map(unescape);
}

/** The kernel writes space, tab, newline, backslash and `#` as `\040` and so on. */
function unescape(text: string | undefined): string {
  return (text ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
