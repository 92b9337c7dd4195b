import { readlink, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ifThere, isErrno, StowageError } from "@stowage/errors";

/** As many as Linux follows in one path (`path_resolution(7)`). */
const maxLinks = 40;

/** The file that a path leads to through links, whether it is there or not. Fails with `invalid-argument` for links in a circle. */
export async function linkTarget(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links <= maxLinks; links += 1) {
    const next = await follow(target);
    if (next === undefined) return target;
    target = next;
  }
  throw circular(path);
}

/** Where a link leads, from the directory that it really stands in; `undefined` for what is no link. */
async function follow(path: string): Promise<string | undefined> {
  try {
    const link = await ifThere(readlink(path));
    return link === undefined ? undefined : resolve(await realpath(dirname(path)), link);
  } catch (error) {
    if (isErrno(error, "EINVAL")) return undefined; // it is there, and is no link
    throw isErrno(error, "ELOOP") ? circular(path, error) : error;
  }
}

function circular(path: string, cause?: unknown): StowageError {
  const message = `Cannot find auth file ${JSON.stringify(path)}: its links lead in a circle`;
  return new StowageError("invalid-argument", message, cause === undefined ? {} : { cause });
}
