import { join } from "node:path";
import { defaultDirName, dirNamesFor } from "@stowage/hosts";
import { isDirectory } from "./directories.ts";

/** The directory that decides about a domain. */
export interface HostDirectory {
  readonly path: string;
  /** Whether it is the one for all domains that have none of their own. */
  readonly isDefault: boolean;
}

/** The first one that is there: of the first root any, then of the next. */
export async function findHostDirectory(roots: readonly string[], domain: string): Promise<HostDirectory | undefined> {
  for (const root of roots) {
    for (const name of dirNamesFor(domain)) {
      const path = join(root, name);
      if (await isDirectory(path)) return { path, isDefault: name === defaultDirName };
    }
  }
  return undefined;
}

/** Roots as containerd has them: several in one text, between colons. */
export function splitRoots(roots: readonly string[]): readonly string[] {
  return roots.flatMap((root) => root.split(":")).filter((root) => root !== "");
}
