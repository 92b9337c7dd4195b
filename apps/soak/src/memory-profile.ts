import { readFile } from "node:fs/promises";

/** What takes how much of a process's resident memory, in bytes, the largest first. */
export interface MemoryProfile {
  readonly resident: number;
  readonly parts: readonly { readonly what: string; readonly bytes: number }[];
}

/** Reads `/proc/<pid>/smaps` (proc_pid_smaps(5)). */
export async function profileMemory(pid: number): Promise<MemoryProfile> {
  return decodeSmaps(await readFile(`/proc/${pid}/smaps`, "utf8"));
}

/** Adds up the mappings of a text in the form of `smaps`. */
export function decodeSmaps(text: string): MemoryProfile {
  const parts = new Map<string, number>();
  let what = "";
  for (const line of text.split("\n")) {
    const [, permissions, name] = mapping.exec(line) ?? [];
    if (permissions !== undefined) what = nameOf(name ?? "", permissions);
    const [, kibibytes] = /^Rss:\s+(\d+) kB$/.exec(line) ?? [];
    if (kibibytes !== undefined) parts.set(what, (parts.get(what) ?? 0) + Number(kibibytes) * 1024);
  }
  const resident = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
  const told = [...parts].map(([part, bytes]) => ({ what: part, bytes })).filter(({ bytes }) => bytes > 0);
  return { resident, parts: told.toSorted((one, other) => other.bytes - one.bytes) };
}

const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \d+\s*(.*)$/;

/** The first that fits. */
const names: readonly (readonly [path: RegExp, what: string])[] = [
  [/\/node$/, "node"],
  [/\.node$/, "native modules (koffi)"],
  [/\.so(?:\.\d+)*$/, "shared libraries"],
  [/^\[heap\]$/, "heap of the C library"],
  [/^\[stack/, "stack"],
  [/^$|^\[anon/, "anonymous"],
  [/^\[/, "the kernel's"],
  [/^/, "files"],
];

function nameOf(path: string, permissions: string): string {
  const what = names.find(([pattern]) => pattern.test(path))?.[1] ?? path;
  return permissions.includes("x") && ["node", "anonymous"].includes(what) ? `${what}, code` : what;
}
