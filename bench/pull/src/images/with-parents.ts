import type { TarFile } from "@stowage/tar";

/** The files, and before the first in it each directory they are in, as builders of images write them. */
export function* withParents(files: Iterable<TarFile>): Generator<TarFile> {
  const told = new Set<string>();
  for (const file of files) {
    for (const directory of parentsOf(file.name)) {
      if (told.has(directory)) continue;
      told.add(directory);
      yield { kind: "directory", name: directory, mtime: file.mtime ?? 0n };
    }
    yield file;
  }
}

function parentsOf(name: string): readonly string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
}
