import { readFileSync } from "node:fs";
import type { Settings } from "@stowage/config";
import { StowageError } from "@stowage/errors";

/** Who may open the socket, by number. Fails with `invalid-argument` for a name that the machine does not know. */
export function socketOwner({ owner, group }: Settings["socket"]): { readonly uid?: number; readonly gid?: number } {
  return {
    ...(owner === undefined ? {} : { uid: idOf(owner, { kind: "owner", path: "/etc/passwd" }) }),
    ...(group === undefined ? {} : { gid: idOf(group, { kind: "group", path: "/etc/group" }) }),
  };
}

interface Names {
  readonly kind: "owner" | "group";
  /** A line each: the name, a password, the number. */
  readonly path: string;
}

function idOf(text: string, { kind, path }: Names): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const lines = readFileSync(path, "utf8").split("\n");
  const [, , id] = lines.map((line) => line.split(":")).find(([name]) => name === text) ?? [];
  if (id !== undefined) return Number(id);
  const why = `"${text}" is not in ${path}; a number is fine, too`;
  throw new StowageError("invalid-argument", `Cannot give the socket to its ${kind}: ${why}`);
}
