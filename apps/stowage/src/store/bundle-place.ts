import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, realpath, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isContainerId } from "@stowage/container-state";
import { asStorageError, ifThere, isErrno, StowageError } from "@stowage/errors";
import { z } from "zod";

/** By what a `config.json` says which container it is of. */
export const containerAnnotation = "io.github.stowage.container";

/** The directory for a bundle. Disposing it takes it away again where it was made for that and is empty. */
export interface BundlePlace extends AsyncDisposable {
  readonly directory: string;
  /** Puts config.json in place, whole. Fails with `already-exists` where there is one. */
  place(text: string): Promise<void>;
}

/** Opens the directory for a bundle, made where it is missing. Fails with `already-exists` where there is a bundle in it. */
export async function openBundlePlace(dir: string): Promise<BundlePlace> {
  try {
    const made = await mkdir(dir, { recursive: true });
    const directory = await realpath(dir);
    if ((await ifThere(stat(configIn(directory)))) !== undefined) throw taken(dir);
    return {
      directory,
      place: (text) => placeConfig(directory, text),
      [Symbol.asyncDispose]: async () => {
        if (made !== undefined) await removeEmpty(directory);
      },
    };
  } catch (error) {
    throw asStorageError(error, `make a bundle in "${dir}"`);
  }
}

/** Under another name first, which is given up for its own where that is free. */
async function placeConfig(directory: string, text: string): Promise<void> {
  const unfinished = join(directory, `.config.json.${randomUUID()}`);
  try {
    await writeFile(unfinished, text, { flag: "wx", mode: 0o600, flush: true });
    await link(unfinished, configIn(directory));
  } catch (error) {
    throw isErrno(error, "EEXIST") ? taken(directory) : asStorageError(error, `make a bundle in "${directory}"`);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Takes a directory away that nothing is in. */
export async function removeEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST", "EBUSY", "ENOENT")) throw error;
  }
}

function taken(dir: string): StowageError {
  return new StowageError("already-exists", `Cannot make a bundle in "${dir}": there is a config.json in it`);
}

/** By what it says in which directory it was made. */
export const placeAnnotation = "io.github.stowage.bundle";

/** Whose pod the containers of bundles are in: nobody's. */
export const bundlePod = "stowage-bundles";

/** The container of the bundle in a directory. Fails with `not-found` where there is none that stowage has made. */
export async function findBundle(dir: string): Promise<FoundBundle> {
  const directory = await ifThere(realpath(dir));
  const said = directory === undefined ? undefined : await readBundle(directory);
  if (directory !== undefined && said !== undefined) return { directory, ...said };
  throw new StowageError("not-found", `Cannot find a bundle in "${dir}": there is no config.json of stowage's in it`);
}

export function configIn(directory: string): string {
  return join(directory, "config.json");
}

export interface FoundBundle {
  readonly directory: string;
  readonly container: string;
  /** Where it was made. */
  readonly madeIn: string | undefined;
}

/** What a bundle says of itself; `undefined` where there is none. */
export async function readBundle(directory: string): Promise<Omit<FoundBundle, "directory"> | undefined> {
  const text = await ifThere(readFile(configIn(directory), "utf8"));
  const { annotations } = schema.safeParse(text === undefined ? undefined : jsonIn(text)).data ?? {};
  const container = annotations?.[containerAnnotation];
  if (container === undefined || !isContainerId(container)) return undefined;
  return { container, madeIn: annotations?.[placeAnnotation] };
}

const schema = z.object({ annotations: z.record(z.string(), z.string()) });

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
