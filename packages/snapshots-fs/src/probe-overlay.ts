import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import {
  isMachineRoot,
  isPrivileged,
  makeNodeAt,
  nodeKinds,
  openDetachedOverlay,
  setXattr,
  workingDirectory,
} from "@stowage/linux";
import { removeTree } from "./remove-tree.ts";

/** How overlays are mounted here. */
export interface OverlayFeatures {
  /** In which namespace overlayfs finds its attributes: in `user` for all but root of the machine (`userxattr`). */
  readonly attributes: "trusted" | "user";
  /** Whether a mount can go without flushes (Linux 5.10). */
  readonly volatile: boolean;
  /** What this kernel does by default and what ties an upper directory to the very layers that it was first mounted on. */
  readonly switchedOff: readonly ("index=off" | "metacopy=off")[];
}

/** What became of a trial: `untold` where this process may not mount, or the disk takes no writes. */
export type OverlayProbe =
  | { readonly kind: "usable"; readonly features: OverlayFeatures }
  | { readonly kind: "untold"; readonly features: OverlayFeatures; readonly cause: unknown }
  | { readonly kind: "unusable"; readonly why: string; readonly cause: unknown };

/**
 * Tries an overlay on the file system of `directory`, with a whiteout and an opaque directory: whether both hide what is below
 * them. It is without a layer to write into, for which the kernel would make directories of its own. Nothing is mounted where
 * others see it, and nothing is left.
 */
export async function probeOverlay(directory: string): Promise<OverlayProbe> {
  const scratch = join(directory, randomUUID());
  const features = await expectedFeatures();
  try {
    await makeLayers(scratch, features);
    await tryOverlay(scratch, features);
    return { kind: "usable", features };
  } catch (cause) {
    const why = cause instanceof NoOverlay ? cause.message : undefined;
    return why === undefined ? { kind: "untold", features, cause } : { kind: "unusable", why, cause };
  } finally {
    await removeTree(scratch).catch(() => undefined); // it is in the way of nobody
  }
}

/** Why overlays do not work here. */
class NoOverlay extends Error {}

async function expectedFeatures(): Promise<OverlayFeatures> {
  const switchedOff: OverlayFeatures["switchedOff"][number][] = [];
  for (const name of ["index", "metacopy"] as const) {
    if (await isOnByDefault(name)) switchedOff.push(`${name}=off`);
  }
  return { attributes: isMachineRoot() ? "trusted" : "user", volatile: isVolatileKnown(release()), switchedOff };
}

/** Since Linux 5.10. */
export function isVolatileKnown(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 10);
}

async function isOnByDefault(parameter: string): Promise<boolean> {
  try {
    return (await readFile(`/sys/module/overlay/parameters/${parameter}`, "utf8")).startsWith("Y");
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EPERM")) return false;
    throw error;
  }
}

async function makeLayers(scratch: string, { attributes }: OverlayFeatures): Promise<void> {
  await mkdir(scratch, { mode: 0o700 });
  for (const name of ["lower", "upper", "lower/opaque", "upper/opaque"]) await mkdir(join(scratch, name));
  for (const name of ["lower/hidden", "lower/opaque/hidden"]) await writeFile(join(scratch, name), "");
  try {
    makeNodeAt(workingDirectory, join(scratch, "upper/hidden"), { mode: nodeKinds.character });
    setXattr(join(scratch, "upper/opaque"), `${attributes}.overlay.opaque`, Buffer.from("y"));
  } catch (cause) {
    if (!isErrno(cause, "ENOTSUP", "EPERM") || !isPrivileged()) throw cause;
    throw new NoOverlay("the file system takes no whiteouts", { cause });
  }
}

async function tryOverlay(scratch: string, features: OverlayFeatures): Promise<void> {
  const [upper, lower] = ["upper", "lower"].map((name) => escapePath(join(scratch, name)));
  const shown = await look(["ro", `lowerdir=${upper}:${lower}`, ...featureOptions(features)]);
  if (shown.length > 1) throw new NoOverlay(`whiteouts do not hide: "${shown.join('", "')}"`);
}

/** Everything below the root of an overlay. */
async function look(options: readonly string[]): Promise<readonly string[]> {
  try {
    using overlay = openDetachedOverlay(options);
    return await readdir(`${overlay.path}/`, { recursive: true });
  } catch (cause) {
    if (isErrno(cause, "ENODEV")) throw new NoOverlay("this kernel has no overlayfs", { cause });
    if (isErrno(cause, "EINVAL")) throw new NoOverlay("the kernel mounts no overlay on it", { cause });
    throw cause;
  }
}

/** What every mount on layers takes, beside its directories. */
export function featureOptions({ attributes, switchedOff }: OverlayFeatures): readonly string[] {
  return [...(attributes === "user" ? ["userxattr"] : []), ...switchedOff];
}

/** `:` separates lower directories and `,` separates options; a root with either in its path must not be taken apart. */
export function escapePath(path: string): string {
  return path.replace(/[\\:,]/g, (character) => `\\${character}`);
}
