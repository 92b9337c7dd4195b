import type { FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { TarEntry } from "@stowage/tar";
import { type ArchivedFile, type ArchiveFiles, brokenEntry, readRange } from "./archive-files.ts";
import { maxLinks, maxMembers } from "./limits.ts";
import { scanTar, type TarPlace } from "./scan-tar.ts";

/**
 * The files of a tar, which is closed with them. Only its headers are read. Links are followed from one member to
 * another, never further; of members that could be meant by nobody (absolute names, `..`, devices) no notice is taken.
 */
export async function openTarFiles(file: FileHandle, options: AbortOptions = {}): Promise<ArchiveFiles> {
  const members = new Map<string, Member>();
  let count = 0;
  for await (const place of scanTar(file, options)) {
    count += 1;
    if (count > maxMembers) throw tooMany();
    const name = nameOf(place.entry.name);
    if (name !== undefined) members.set(name, { ...place, isTwice: members.has(name) });
  }
  return {
    find: (path) => Promise.resolve().then(() => findAmong({ file, members }, path)),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

interface Member extends TarPlace {
  /** Whether an earlier member has the same name: readers differ in which of them counts. */
  readonly isTwice: boolean;
}

interface Tar {
  readonly file: FileHandle;
  readonly members: ReadonlyMap<string, Member>;
}

function findAmong({ file, members }: Tar, path: string): ArchivedFile | undefined {
  const found = followLinks(members, path);
  if (found === undefined) return undefined;
  const { at, entry } = found;
  return { size: entry.size, read: (from = 0) => readRange(file, { start: at + from, end: at + entry.size }) };
}

function followLinks(members: ReadonlyMap<string, Member>, path: string): Member | undefined {
  let name = nameOf(Buffer.from(path).toString("latin1"));
  for (let links = 0; links <= maxLinks; links += 1) {
    const member = members.get(name ?? "");
    if (member?.isTwice === true) throw brokenEntry(path, "is there more than once");
    if (name === undefined || member === undefined || member.entry.kind === "file") return member;
    name = linkedName(name, member.entry);
    if (name === undefined) throw brokenEntry(path, `is a ${member.entry.kind} that leads to no file of the archive`);
  }
  throw brokenEntry(path, `is behind more than ${maxLinks} links`);
}

function linkedName(name: string, { kind, linkName }: TarEntry): string | undefined {
  if (kind === "hardlink") return nameOf(linkName);
  return kind === "symlink" ? nameOf(joinLink(posix.dirname(name), linkName)) : undefined;
}

/** Where a symlink leads, which is nowhere if it is absolute. */
function joinLink(directory: string, target: string): string {
  return target.startsWith("/") ? target : posix.join(directory, target);
}

/** A name without `.` and empty parts; `undefined` for one that is absolute, leads out, or names nothing. */
function nameOf(text: string): string | undefined {
  if (text.startsWith("/") || text.split("/").includes("..")) return undefined;
  const name = text
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  return name === "" ? undefined : name;
}

function tooMany(): StowageError {
  return new StowageError("failed-precondition", `Cannot read archive: it has more than ${maxMembers} members`);
}
