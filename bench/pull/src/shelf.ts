import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeScratch } from "@stowage/bench-lap";

/** Where the registry has its files, and a place to make images in, which is gone after use. */
export interface Shelf extends AsyncDisposable {
  readonly directory: string;
  readonly workplace: string;
}

/** One that stays as it is left, or without a path one that does not stay. */
export async function openShelf(path?: string): Promise<Shelf> {
  await using opening = new AsyncDisposableStack();
  const directory = path === undefined ? opening.use(await makeScratch(diskBytes)).directory : resolve(path);
  await mkdir(directory, { recursive: true });
  const workplace = await mkdtemp(join(directory, "making-"));
  opening.defer(() => rm(workplace, { recursive: true, force: true }));
  const open = opening.move();
  return { directory, workplace, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Room for all images as they are pushed, and for one while it is made. It is only taken as it is used. */
const diskBytes = 8 * 1024 ** 3;
