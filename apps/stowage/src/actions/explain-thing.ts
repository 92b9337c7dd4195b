import type { Hold } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { bestName } from "../output/best-name.ts";
import { describeHolder } from "../output/describe-holder.ts";
import { shortDigest } from "../output/short-digest.ts";
import { findThing, type Thing } from "../store/find-thing.ts";
import { partsOf } from "../store/image-parts.ts";
import type { Call } from "../verbs/call.ts";

/** Prints what something of the store is, which images have it, and who else holds it. */
export async function explainThing(call: Call, what: string): Promise<void> {
  const { signal } = call;
  await using open = await call.open();
  const images = await open.images.list({ signal, damagedToo: true });
  const thing = await findThing(open, what, { images, signal });
  const uses = usesOf(thing, images);
  const holders = holdersOf(thing, await open.images.holds({ signal }));
  const isNeeded = uses.length + holders.length > 0 || alwaysThere.has(thing.kind);
  const { kind, digest, path } = thing;
  const told = uses.map(({ image: { id, tags, digests }, as }) => ({ id, names: [...tags, ...digests], as }));
  call.print({
    one: { kind, digest, path, images: told, holders, isNeeded },
    screen: () => [headline(thing), ...describe(uses, holders, isNeeded).map((line) => `  ${line}`)],
  });
}

/** Of these there is always one, whatever images there are. */
const alwaysThere: ReadonlySet<string> = new Set(["layout", "database"]);

interface Use {
  readonly image: Image;
  readonly as: string;
}

function usesOf({ resource, mounted }: Thing, images: readonly Image[]): readonly Use[] {
  return images.flatMap((image) => {
    if (mounted !== undefined) return image.id === mounted ? [{ image, as: "its root file system" }] : [];
    const part = partsOf(image).find((each) => each.resource === resource);
    return part === undefined ? [] : [{ image, as: part.as }];
  });
}

function holdersOf({ resource }: Thing, holds: readonly Hold[]): readonly string[] {
  const held = holds.filter(({ resources }) => resource !== undefined && resources.includes(resource));
  return held.map(({ holder }) => holder);
}

function headline({ kind, digest, path }: Thing): string {
  return [kind, digest, path].filter((part) => part !== undefined).join("  ");
}

function describe(uses: readonly Use[], holders: readonly string[], isNeeded: boolean): readonly string[] {
  const lines = [
    ...uses.map(({ image, as }) => `${bestName(image)} (${shortDigest(image.id)}) has it as ${as}`),
    ...holders.map((holder) => `it is ${describeHolder(holder)}`),
  ];
  if (lines.length > 0) return lines;
  return [isNeeded ? "the store needs it" : 'nothing needs it: "stowage gc --dry-run" says whether it goes'];
}
