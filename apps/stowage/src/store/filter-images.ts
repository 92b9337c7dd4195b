import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { formatFamiliar, parseReference } from "@stowage/reference";
import { decodeJson } from "../output/decode-json.ts";
import { type Filter, type FilterKey, splitAt } from "./filter.ts";
import { getImage } from "./get-image.ts";
import { pinOf } from "./pinned.ts";

/** Whether an image is among those that are asked for. */
export type ImageTest = (image: Image) => boolean | Promise<boolean>;

/** The images that pass all the filters; of several references, one is enough, as with docker. */
export async function filterImages(
  images: ImageVerbs,
  filters: readonly Filter[],
  { among, signal }: AbortOptions & { readonly among: readonly Image[] },
): Promise<readonly Image[]> {
  const tests = await Promise.all(
    filters.map(async ({ key, value }) => ({
      group: key === "reference" ? key : `${key}=${value}`,
      test: await testsByKey[key](value, { images, signal }),
    })),
  );
  const alternatives = Object.values(Object.groupBy(tests, ({ group }) => group)).map((group = []) =>
    group.map(({ test }) => test),
  );
  const passed = await Promise.all(among.map((image) => passes(image, alternatives)));
  return among.filter((_, at) => passed[at]);
}

async function passes(image: Image, alternatives: readonly (readonly ImageTest[])[]): Promise<boolean> {
  for (const tests of alternatives) {
    const passed = await Promise.all(tests.map(async (test) => await test(image)));
    if (!passed.includes(true)) return false;
  }
  return true;
}

interface TestOptions extends AbortOptions {
  readonly images: ImageVerbs;
}

const testsByKey: Readonly<Record<FilterKey, (value: string, options: TestOptions) => ImageTest | Promise<ImageTest>>> =
  {
    reference: referenceTest,
    dangling: (value) => {
      const wanted = parseTruth(value);
      return ({ tags }) => (tags.length === 0) === wanted;
    },
    pinned: async (value, { images, signal }) => {
      const wanted = parseTruth(value);
      const pins = await images.pins({ signal });
      return (image) => (pinOf(image, pins) !== undefined) === wanted;
    },
    label: (value, { images, signal }) => {
      const [name, wanted] = splitAt(value, "=");
      return async (image) => {
        const label = (await readLabels(images, image, { signal })).get(name);
        return label !== undefined && (wanted === undefined || label === wanted);
      };
    },
    before: async (name, { images, signal }) => {
      const mark = createdAt(await getImage(images, name, { signal }));
      return (image) => createdAt(image) < mark;
    },
    since: async (name, { images, signal }) => {
      const mark = createdAt(await getImage(images, name, { signal }));
      return (image) => createdAt(image) > mark;
    },
  };

/** Whether one of the names, in full or as people write it, with its tag or without, matches a glob, where `*` does not cross a `/`. */
export function referenceTest(glob: string): ImageTest {
  const pattern = new RegExp(
    `^${glob.replaceAll(/[^]/g, (letter) => wildcards.get(letter) ?? letter.replace(/[^\w]/, "\\$&"))}$`,
  );
  return ({ tags, digests }) => [...tags, ...digests].some((name) => formsOf(name).some((form) => pattern.test(form)));
}

const wildcards: ReadonlyMap<string, string> = new Map([
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);

function formsOf(name: string): readonly string[] {
  const reference = parseReference(name);
  const { domain, path } = reference;
  return [name, formatFamiliar(reference), `${domain}/${path}`, formatFamiliar({ domain, path })];
}

function parseTruth(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new StowageError("invalid-argument", `Cannot read filter value "${text}": it is neither true nor false`);
}

/** When it was built; one that does not say so is the oldest. */
export function createdAt({ created }: Image): number {
  return created === undefined ? 0 : Date.parse(created) || 0;
}

async function readLabels(
  images: ImageVerbs,
  image: Image,
  options: AbortOptions,
): Promise<ReadonlyMap<string, string>> {
  const labels = entry(entry(await readConfig(images, image, options), "config"), "Labels");
  if (typeof labels !== "object" || labels === null) return new Map();
  return new Map(Object.entries(labels).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

/** Of one that has lost its config, or that went in the meantime, there is none: the others are listed. */
async function readConfig(images: ImageVerbs, image: Image, options: AbortOptions): Promise<unknown> {
  try {
    return decodeJson(await images.readConfig(image, options));
  } catch (error) {
    if (isStowageError(error, "data-loss") || isStowageError(error, "not-found")) return undefined;
    throw error;
  }
}

function entry(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}
