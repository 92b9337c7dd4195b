import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type MergedSettings, mergeSettings, type Settings, type SettingsFile } from "@stowage/config";
import { isErrno, StowageError } from "@stowage/errors";

/** Where settings are looked for when no file is named. */
const usualPath = "/etc/stowage/stowage.toml";

/** All keys with all that is said of them are a hundredth of this; a longer file was named by mistake. */
const maxBytes = 1024 ** 2;

/** Settings, and where they come from. */
export interface SettingsSources extends MergedSettings {
  /** The files that were read, in the order in which they count, the last one most. */
  readonly files: readonly string[];
  /** The directories in which a change may mean other settings; each may be missing. */
  readonly watched: readonly string[];
}

/** The settings in the file at `path`, or in the usual one, and in the directory beside it: see `readSettingsSources`. */
export async function readSettings(path: string | undefined): Promise<Settings> {
  return (await readSettingsSources(path)).settings;
}

/**
 * Reads the file at `path`, or, where none is named, the usual one, which may be missing; then the `*.toml` of the directory
 * `conf.d` beside it, by name. Fails with `invalid-argument` for the first file that cannot be read or has a mistake.
 */
export async function readSettingsSources(path: string | undefined): Promise<SettingsSources> {
  const main = path ?? usualPath;
  const directory = join(dirname(main), "conf.d");
  const files: SettingsFile[] = [];
  const text = await telling(main, readText(main), { mayBeMissing: path === undefined });
  if (text !== undefined) files.push({ name: main, text });
  for (const name of (await telling(directory, listNames(directory), { mayBeMissing: true })) ?? []) {
    const found = await telling(name, readRegularFile(name));
    if (found !== undefined) files.push({ name, text: found });
  }
  return { ...mergeSettings(files), files: files.map(({ name }) => name), watched: [dirname(main), directory] };
}

async function listNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => name.endsWith(".toml") && !name.startsWith("."))
    .toSorted()
    .map((name) => join(directory, name));
}

/** A link counts as what it leads to. */
async function readRegularFile(path: string): Promise<string | undefined> {
  return (await stat(path)).isFile() ? readText(path) : undefined;
}

async function readText(path: string): Promise<string> {
  const bytes = await buffer(createReadStream(path, { end: maxBytes }));
  if (bytes.byteLength > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
  return bytes.toString("utf8");
}

async function telling<Result>(
  path: string,
  work: Promise<Result>,
  { mayBeMissing = false }: { readonly mayBeMissing?: boolean } = {},
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (mayBeMissing && isErrno(cause, "ENOENT")) return undefined;
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new StowageError("invalid-argument", `Cannot read settings "${path}": ${why}`, { cause });
  }
}
