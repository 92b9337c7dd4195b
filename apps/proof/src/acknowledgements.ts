import { readFileSync } from "node:fs";
import { isErrno } from "@stowage/errors";

/**
 * What the store has promised of an image's name, a writable snapshot's key, or a container's id: that it is `listed`, that it is `absent`, or, where it was killed between the
 * asking and the answer, or has told that it lost something, nothing.
 */
export type Promised = "listed" | "absent" | "nothing";

/** What follows from the driver's marks, by name. */
export function promisedBy(marks: readonly string[]): ReadonlyMap<string, Promised> {
  const promised = new Map<string, Promised>();
  for (const [verb = "", name = ""] of marks.map((line) => line.split(" "))) {
    const now = promised.get(name);
    const next = afterMark(verb, now);
    if (next !== undefined) promised.set(name, next);
  }
  return promised;
}

function afterMark(verb: string, now: Promised | undefined): Promised | undefined {
  const told = promises.get(verb);
  if (told !== undefined) return told;
  return (verb === "pulling" || verb === "creating") && now === "absent" ? "nothing" : undefined;
}

const promises: ReadonlyMap<string, Promised> = new Map([
  ["pulled", "listed"],
  ["created", "listed"],
  ["removed", "absent"],
  ["discarded", "absent"],
  ["removing", "nothing"],
  ["discarding", "nothing"],
  ["damaged", "nothing"],
]);

/** The lines of a file of marks, which may be missing. */
export function readMarks(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
