import type { Files, FileText } from "./text-files.ts";

/** Reads a file as what `decode` makes of it, again only when its text changed; `undefined` where there is none. */
export function createDecoded<T>(
  files: Files,
  decode: (text: string, name: string) => T,
): (path: string) => Promise<T | undefined> {
  const known = new WeakMap<FileText, { readonly value: T }>();
  return async (path) => {
    const file = await files.read(path);
    if (file === undefined) return undefined;
    const decoded = known.get(file) ?? { value: decode(file.text, path) };
    known.set(file, decoded);
    return decoded.value;
  };
}
