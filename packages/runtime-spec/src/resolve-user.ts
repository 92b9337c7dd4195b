import { StowageError } from "@stowage/errors";
import { parseImageUser, quoteText } from "@stowage/oci";

/** Whom a process runs as. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** All groups that the user is in, its first one among them: else it could drop what that one is forbidden (CVE-2022-36109). */
  readonly additionalGids: readonly number[];
  /** The user's home, where one is known. */
  readonly home: string | undefined;
}

/** The texts of an image's user database; `""` where it has none. */
export interface UserDatabase {
  /** passwd(5) */
  readonly passwd: string;
  /** group(5) */
  readonly group: string;
}

/**
 * Looks up the user of an image, `user[:group]`, each a name or a number, among its own users and groups, as runtimes do: a number
 * need not be known; who names a group is in no other. Fails with `not-found` for an unknown name, and with `invalid-argument` for a
 * number that is none between 0 and 2147483647.
 */
export function resolveUser(text: string, database: UserDatabase): ProcessUser {
  const users = entriesOf(database.passwd);
  const groups = entriesOf(database.group);
  const [, groupText = ""] = cut(text);
  const { name, ...user } = findUser(text, users);
  const gid = groupText === "" ? user.gid : findGroup(groupText, { groups, text });
  const others = groupText === "" ? groupsWith(name, groups) : [];
  return { ...user, gid, additionalGids: [...new Set([gid, ...others])] };
}

interface FoundUser extends Omit<ProcessUser, "additionalGids"> {
  readonly name: string | undefined;
}

function findUser(text: string, users: readonly Entry[]): FoundUser {
  const wanted = parseImageUser(text);
  if (wanted.kind === "name") {
    const found = users.find(([name]) => name === wanted.name);
    if (found === undefined) throw unknown(text, `the image has no user ${quoteText(wanted.name)}`);
    return userOf(found, text);
  }
  const uid = wanted.kind === "uid" ? wanted.uid : 0;
  const found = users.find(([, , number]) => number === String(uid));
  return found === undefined ? { uid, gid: 0, home: undefined, name: undefined } : userOf(found, text);
}

function userOf([name, , uid, gid, , home]: Entry, text: string): FoundUser {
  return {
    uid: idOf(uid, text),
    gid: idOf(gid, text),
    home: home === "" ? undefined : home,
    name,
  };
}

function findGroup(
  wanted: string,
  { groups, text }: { readonly groups: readonly Entry[]; readonly text: string },
): number {
  if (/^[0-9]+$/.test(wanted)) return idOf(wanted, text);
  const found = groups.find(([name]) => name === wanted);
  if (found === undefined) throw unknown(text, `the image has no group ${quoteText(wanted)}`);
  return idOf(found[2], text);
}

function groupsWith(user: string | undefined, groups: readonly Entry[]): readonly number[] {
  if (user === undefined) return [];
  const gids = groups.filter(([, , , members]) => members?.split(",").includes(user)).map(([, , gid]) => gid);
  return gids.filter((gid) => isId(gid)).map(Number);
}

/** The fields of a line; those that are not there are `undefined`. */
type Entry = readonly (string | undefined)[];

function entriesOf(text: string): readonly Entry[] {
  return text
    .split("\n")
    .slice(0, maxLines)
    .filter((line) => line.includes(":") && !line.startsWith("#"))
    .map((line) => line.trim().split(":"));
}

/** More than any image has; a larger file is made to be slow. */
const maxLines = 100_000;

function idOf(text: string | undefined, user: string): number {
  if (isId(text)) return Number(text);
  throw new StowageError("invalid-argument", `Cannot find user ${quoteText(user)}: ${quoteText(text ?? "")} is no id`);
}

/** The bound of the kernel's and Go's int32, above which a number would be somebody else's. */
function isId(text: string | undefined): boolean {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) && Number(text) <= 2_147_483_647;
}

function cut(text: string): readonly [string, string | undefined] {
  const at = text.indexOf(":");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function unknown(text: string, why: string): StowageError {
  return new StowageError("not-found", `Cannot find user ${quoteText(text)}: ${why}`);
}
