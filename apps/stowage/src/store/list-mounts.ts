/** A place where layers of a store are shown. */
export interface MountedLayers {
  readonly target: string;
  /** The short links of the layers, from the top down, as the kernel was told them. */
  readonly layers: readonly string[];
}

/** The places where images of the store at `root` are on top, in the order in which they were mounted. */
export async function listMounts(root: string): Promise<readonly MountedLayers[]> {
  const { readMounts } = await import("@stowage/linux");
  const topmost = new Map(readMounts().map((entry) => [entry.target, entry]));
  return [...topmost.values()].flatMap(({ target, type, superOptions }) => {
    const lower = superOptions.find((option) => option.startsWith("lowerdir"));
    if (type !== "overlay" || lower === undefined || !lower.includes(`${root}/storage/overlay/`)) return [];
    return [{ target, layers: superOptions.filter((option) => option.startsWith("lowerdir")) }];
  });
}
