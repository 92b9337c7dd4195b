import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { quoteText } from "./quote.ts";

/** An operating system and processor in Go's words, normalised: `arm64` has no `v8`, `arm` has a variant, `amd64` no `v1`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** As containerd's platforms package has it; they are listed in messages and go over the wire between slashes. */
const wellFormed = /^[\w.-]{1,64}$/;

const word = z.string().regex(wellFormed, { error: "expected a word of letters, digits, dots and dashes" });

/** In a document's spelling. A version is for information only, and left out if it is odd. */
export const platformSchema: z.ZodType<Platform> = z
  .object({
    os: word,
    architecture: word,
    variant: z.union([z.literal(""), word]).nullish(),
    "os.version": word.nullish().catch(undefined),
  })
  .transform((found) => normalise({ ...found, osVersion: found["os.version"] }));

/** Reads `os/architecture[/variant]`. */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split("/");
  if (!os || !architecture || variant === "" || rest.length > 0 || !/^[\w./-]+$/.test(text)) {
    const why = "expected os/architecture[/variant]";
    throw new StowageError("invalid-argument", `Cannot parse platform ${quoteText(text)}: ${why}`);
  }
  return normalise({ os, architecture, variant });
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Whether two platforms are the same, versions of the operating system aside. */
export function samePlatform(one: Platform, other: Platform): boolean {
  return formatPlatform(one) === formatPlatform(other);
}

/**
 * The best of `offers` for `wanted`: the same architecture, the highest variant that `wanted` still runs,
 * the first of equals. `undefined` where none fits. Offers without a platform never fit.
 */
export function choosePlatform<Offer extends { readonly platform?: Platform | undefined }>(
  offers: readonly Offer[],
  wanted: Platform,
): Offer | undefined {
  const runs = runnable(wanted);
  const rank = (offer: Offer): number =>
    offer.platform === undefined ? -1 : runs.indexOf(formatPlatform(offer.platform));
  return offers
    .filter((offer) => rank(offer) >= 0)
    .toSorted((one, other) => rank(one) - rank(other))
    .at(0);
}

/** What `wanted` runs, best first, formatted: its own variant, then the lower ones. */
function runnable(wanted: Platform): readonly string[] {
  const { os, architecture } = wanted;
  const ladder = ladders.get(architecture) ?? [];
  const top = wanted.variant ?? defaultVariants.get(architecture) ?? "";
  const lower = ladder.slice(ladder.indexOf(top) + 1);
  const variants = ladder.includes(top) ? [top, ...lower] : [top];
  return variants.map((variant) => formatPlatform(normalise({ os, architecture, variant })));
}

/** Variants from the most to the least able; each processor runs its own and those after it. */
const ladders: ReadonlyMap<string, readonly string[]> = new Map([
  ["amd64", ["v4", "v3", "v2", "v1"]],
  ["arm", ["v8", "v7", "v6", "v5"]],
  [
    "arm64",
    [
      "v9.5",
      "v9.4",
      "v9.3",
      "v9.2",
      "v9.1",
      "v9",
      "v8.9",
      "v8.8",
      "v8.7",
      "v8.6",
      "v8.5",
      "v8.4",
      "v8.3",
      "v8.2",
      "v8.1",
      "v8",
    ],
  ],
]);

/** The variant meant where none is written. */
const defaultVariants: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm", "v7"],
  ["arm64", "v8"],
]);

/** The spellings that occur in the wild, as containerd's platforms package reads them. */
const architectures: ReadonlyMap<string, readonly [architecture: string, variant: string]> = new Map([
  ["i386", ["386", ""]],
  ["x86_64", ["amd64", ""]],
  ["x86-64", ["amd64", ""]],
  ["aarch64", ["arm64", ""]],
  ["armhf", ["arm", "v7"]],
  ["armel", ["arm", "v6"]],
]);

interface Written {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | null | undefined;
  readonly osVersion?: string | null | undefined;
}

function normalise({ os, architecture, variant, osVersion }: Written): Platform {
  const given = architecture.toLowerCase();
  const [name, implied] = architectures.get(given) ?? [given, ""];
  const system = os.toLowerCase();
  const numbered = (variant ?? "").toLowerCase().replace(/^(\d)/, "v$1") || implied;
  const shown = name === "arm" ? numbered || "v7" : numbered === defaultVariants.get(name) ? "" : numbered;
  return {
    os: system === "macos" ? "darwin" : system,
    architecture: name,
    ...(shown ? { variant: shown } : {}),
    ...(osVersion ? { osVersion } : {}),
  };
}
