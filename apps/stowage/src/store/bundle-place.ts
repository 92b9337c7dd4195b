import { mkdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isContainerId } from "@stowage/container-state";
import { asStorageError, ifThere, StowageError } from "@stowage/errors";
import { z } from "zod";

/** By what a `config.json` says which container it is of. */
export const containerAnnotation = "io.github.stowage.container";

/** The directory for a bundle, made where it is missing. Fails with `already-exists` where there is a bundle in it. */
export async function claimBundle(dir: string): Promise<string> {
  try {
    await mkdir(dir, { recursive: true });
    const directory = await realpath(dir);
    if ((await ifThere(stat(configIn(directory)))) === undefined) return directory;
  } catch (error) {
    throw asStorageError(error, `make a bundle in "${dir}"`);
  }
  throw new StowageError("already-exists", `Cannot make a bundle in "${dir}": there is a config.json in it`);
}

/** The container of the bundle in a directory. Fails with `not-found` where there is none that stowage has made. */
export async function findBundle(dir: string): Promise<{ readonly directory: string; readonly container: string }> {
  const directory = await ifThere(realpath(dir));
  const text = directory === undefined ? undefined : await ifThere(readFile(configIn(directory), "utf8"));
  const container = text === undefined ? undefined : containerIn(text);
  if (directory !== undefined && container !== undefined) return { directory, container };
  throw new StowageError("not-found", `Cannot find a bundle in "${dir}": there is no config.json of stowage's in it`);
}

export function configIn(directory: string): string {
  return join(directory, "config.json");
}

function containerIn(text: string): string | undefined {
  const id = schema.safeParse(jsonIn(text)).data?.annotations[containerAnnotation];
  return id !== undefined && isContainerId(id) ? id : undefined;
}

const schema = z.object({ annotations: z.record(z.string(), z.string()) });

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
