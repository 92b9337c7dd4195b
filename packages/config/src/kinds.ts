import { StowageError } from "@stowage/errors";
import { isDigest, parsePlatform } from "@stowage/oci";
import { parseReference, parseSourceName } from "@stowage/reference";
import { z } from "zod";
import { isSocketPath, parseMetricsAddress } from "./metrics-address.ts";
import { parseDuration, parseSize } from "./quantity.ts";
import type { Kind } from "./setting-key.ts";

/** Text of which `accepts` says whether it is what `words` call it. */
function textual(words: string, example: string, accepts: (text: string) => boolean): Kind<string> {
  const error = `${words}, like "${example}"`;
  return { words, schema: z.string({ error }).refine(accepts, { error }) };
}

export const absolutePath: Kind<string> = textual("an absolute path", "/var/lib/stowage", (text) =>
  text.startsWith("/"),
);

export const socketPath: Kind<string> = textual(
  "an absolute path of at most 107 bytes",
  "/run/stowage/stowage.sock",
  isSocketPath,
);

/** Below the root of the hierarchy, and without a way out of it. */
export const cgroupPath: Kind<string> = textual("the path of a cgroup", "/stowage-pulls", (text) =>
  /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0\n]{1,255})+$/.test(text),
);

export const host: Kind<string> = textual("a host", "registry.example:5000", (text) => /^[\w.:[\]-]+$/.test(text));

export const realm: Kind<string> = textual("a host or an origin", "auth.example", (text) =>
  /^(?:https?:\/\/)?[\w.:[\]-]+$/.test(text),
);

/** People write one or two; with many, a name can take long to be held against it. */
const maxStars = 8;

const pinned = textual(
  "the name of an image, its id, or a pattern of more than stars",
  "registry.example/system/*",
  (text) => (text.includes("*") ? isPattern(text) : isDigest(text) || succeeds(() => parseReference(text))),
);

export const pinnedName: Kind<string> = {
  ...pinned,
  schema: pinned.schema.refine((text) => text.split("*").length - 1 <= maxStars, {
    error: `a pattern with at most ${maxStars} stars`,
  }),
};

/** Of what names are made of: anything else would never be found in one. */
function isPattern(text: string): boolean {
  return /^[\w.:@/[\]*-]+$/.test(text) && !/^\*+$/.test(text);
}

export const imageName: Kind<string> = textual("the name of an image", "registry.k8s.io/pause:3.10.1", (text) =>
  succeeds(() => parseReference(text)),
);

export const transport: Kind<string> = textual(
  "the beginning of a source",
  "docker://",
  (text) =>
    succeeds(() => parseSourceName(`${text}a`)) && /^(?:docker:\/\/|oci:|oci-archive:|docker-archive:|dir:)/.test(text),
);

export const platform: Kind<string> = textual("os/architecture[/variant]", "linux/arm64", (text) =>
  succeeds(() => parsePlatform(text)),
);

/** As useradd(8) and groupadd(8) let names be; a number is an id, and the highest one means nobody to the kernel. */
export const account: Kind<string> = textual("a name or a number", "kubelet", (text) =>
  /^\d+$/.test(text) ? Number(text) < 2 ** 32 - 1 : /^[A-Za-z_][\w.-]{0,254}\$?$/.test(text),
);

export const metricsAddress: Kind<string> = textual(
  'an absolute path of at most 107 bytes, a port of this machine\'s loopback, or "none"',
  "127.0.0.1:9090",
  (text) => text === "none" || parseMetricsAddress(text) !== undefined,
);

export const collector: Kind<string> = textual(
  "an http or https URL without credentials",
  "http://127.0.0.1:4318",
  (text) => {
    const url = /^https?:\/\/\S+$/.test(text) ? URL.parse(text) : null;
    return url !== null && `${url.username}${url.password}${url.search}${url.hash}` === "";
  },
);

export const proxies: Kind<Record<string, string>> = {
  words: "a table of hosts",
  schema: z.record(
    host.schema,
    z.string().regex(/^(?:direct|(?:https?:\/\/)?[^\s/]+\/?)$/, {
      error: 'the address of a proxy, like "http://proxy.example:3128", or "direct"',
    }),
    { error: "a table of hosts" },
  ),
};

export const size: Kind<number> = {
  words: "a size",
  unit: "bytes",
  schema: quantity(parseSize, 'a size, like "512 MiB"'),
};

export const duration: Kind<number> = {
  words: "a duration",
  unit: "seconds",
  schema: quantity(parseDuration, 'a duration, like "90s", "5m", "24h" or "7d"'),
};

/** A whole number of days that Node's timers, of 2^31 - 1 milliseconds, have room for. */
const maxWaitDays = 24;

export const wait: Kind<number> = {
  words: `a duration of at most ${maxWaitDays}d`,
  unit: "seconds",
  schema: duration.schema.refine((seconds) => seconds <= maxWaitDays * 24 * 60 * 60, {
    error: `a duration of at most ${maxWaitDays}d`,
  }),
};

/** What `parse` makes of a text; a text of which it makes nothing is told with an example. */
function quantity(parse: (text: string) => number | undefined, error: string): z.ZodType<number> {
  return z.string({ error }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: error, input: text });
    return z.NEVER;
  });
}

export const trueOrFalse: Kind<boolean> = {
  words: "true or false",
  schema: z.boolean({ error: "true or false" }),
};

export const count: Kind<number> = wholeNumber("a whole number above 0", Number.MAX_SAFE_INTEGER);

export const width: Kind<number> = wholeNumber("a whole number from 1 to 64", 64);

function wholeNumber(words: string, most: number): Kind<number> {
  return { words, schema: z.int({ error: words }).min(1, { error: words }).max(most, { error: words }) };
}

export function oneOf<const Word extends string>(...known: readonly [Word, ...Word[]]): Kind<Word> {
  const quoted = known.map((word) => `"${word}"`);
  const words = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return { words, schema: z.enum(known, { error: words }) };
}

export function listOf(words: string, element: Kind<string>): Kind<string[]> {
  return { words, schema: z.array(element.schema, { error: words }) };
}

/** TOML has no word for nothing: the empty text is as good as leaving the key out. */
export function optional<T>({ words, schema }: Kind<T>): Kind<T | undefined> {
  return { words, schema: z.preprocess((value) => (value === "" ? undefined : value), schema.optional()) };
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof StowageError) return false;
    throw error;
  }
}
