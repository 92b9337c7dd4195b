import { readFile } from "node:fs/promises";
import { decodeSettings, defaultSettings, type Settings } from "@stowage/config";
import { isErrno, StowageError } from "@stowage/errors";

/** Where settings are looked for when no file is named. */
const usualPath = "/etc/stowage/stowage.toml";

/** The settings in the file at `path`, or, where none is named, in the usual one, which may be missing. */
export async function readSettings(path: string | undefined): Promise<Settings> {
  const text = await readText(path ?? usualPath, { mayBeMissing: path === undefined });
  return text === undefined ? defaultSettings : decodeSettings(text, path ?? usualPath);
}

async function readText(
  path: string,
  { mayBeMissing }: { readonly mayBeMissing: boolean },
): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (mayBeMissing && isErrno(cause, "ENOENT")) return undefined;
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new StowageError("invalid-argument", `Cannot read settings "${path}": ${why}`, { cause });
  }
}
