import { z } from "zod";
import { parseHostAddress } from "./host-address.ts";

/** One `[[registry]]`: where the repositories under a prefix really are. */
export interface RegistryEntry {
  /** The file that says so. */
  readonly file: string;
  /** `host[:port][/path][:tag | @digest]`, or `*.host` for every host below it. */
  readonly prefix: string;
  /** What the prefix is replaced by; `undefined` under a wildcard where nothing is. */
  readonly location: string | undefined;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly RegistryMirror[];
}

export interface RegistryMirror {
  readonly location: string;
  readonly insecure: boolean;
  /** Which references it is asked for; one with a tag and a digest counts as one with a digest. */
  readonly pullFromMirror: "all" | "digest-only" | "tag-only";
}

/** `host[:port][/path]`, slashes at its end taken away. */
const location = placeOf(/^[^:/@*]+(?::[0-9]+)?(?:\/[^:@]+)?$|^\[[^\]]+\](?::[0-9]+)?(?:\/[^:@]+)?$/, {
  error: 'a place, like "registry.example:5000/team", without scheme, tag and digest',
});

const prefix = placeOf(/^[^@]+(?:@[^@/]+)?$/, {
  error: 'a prefix, like "registry.example/team" or "*.registry.example", without scheme',
});

const flag = z.boolean({ error: "true or false" });

const mirror = z.strictObject({
  location,
  insecure: flag.default(false),
  "pull-from-mirror": z
    .enum(["all", "digest-only", "tag-only"], { error: '"all", "digest-only" or "tag-only"' })
    .optional(),
});

const table = z.strictObject({
  prefix: prefix.optional(),
  location: location.optional(),
  insecure: flag.default(false),
  blocked: flag.default(false),
  mirror: z.array(mirror).default([]),
  "mirror-by-digest-only": flag.default(false),
});

const entry = table
  .superRefine((registry, context) => {
    const { prefix: given = registry.location } = registry;
    if (given === undefined) context.addIssue({ code: "custom", message: "a table with a prefix or a location" });
    if (registry.location === undefined && given?.startsWith("*.") === false) {
      context.addIssue({
        code: "custom",
        path: ["prefix"],
        message: 'one with a location beside it; only "*." needs none',
      });
    }
    for (const [at, each] of registry.mirror.entries()) {
      if (each["pull-from-mirror"] === undefined || !registry["mirror-by-digest-only"]) continue;
      const message = "left out, because mirror-by-digest-only is set for all mirrors";
      context.addIssue({ code: "custom", path: ["mirror", at, "pull-from-mirror"], message });
    }
  })
  .transform(
    (registry): Omit<RegistryEntry, "file"> => ({
      prefix: registry.prefix ?? registry.location ?? "",
      location: registry.location,
      insecure: registry.insecure,
      blocked: registry.blocked,
      mirrors: registry.mirror.map((each) => ({
        location: each.location,
        insecure: each.insecure,
        pullFromMirror: registry["mirror-by-digest-only"] ? "digest-only" : (each["pull-from-mirror"] ?? "all"),
      })),
    }),
  );

/** All `[[registry]]` of a file; of several with one prefix the first is taken, but one place has one set of rules. */
export const registriesSchema: z.ZodType<readonly Omit<RegistryEntry, "file">[]> = z
  .array(entry)
  .superRefine((entries, context) => {
    for (const [at, one] of entries.entries()) {
      const other = entries.slice(0, at).find((earlier) => placeNamed(earlier) === placeNamed(one));
      for (const key of ["insecure", "blocked"] as const) {
        if (other === undefined || other[key] === one[key]) continue;
        const message = `the same as in the table before it for ${JSON.stringify(placeNamed(one))}`;
        context.addIssue({ code: "custom", path: [at, key], message });
      }
    }
  })
  .transform((entries) =>
    entries.filter(({ prefix: one }, at) => entries.findIndex((other) => other.prefix === one) === at),
  );

function placeNamed({ location: place, prefix: one }: Omit<RegistryEntry, "file">): string {
  return place ?? one;
}

/** A text that begins with a host, or with `*.` and a host alone; the host in lower case. */
function placeOf(form: RegExp, { error }: { readonly error: string }): z.ZodType<string> {
  return z.string({ error }).transform((text, context) => {
    const trimmed = text.replace(/\/+$/, "");
    const wildcard = trimmed.startsWith("*.");
    const address = parseHostAddress(hostOf(wildcard ? trimmed.slice(2) : trimmed));
    const hasNoMore = !wildcard || !/[/:@]/.test(trimmed);
    if (address === undefined || address.hasScheme || !hasNoMore || !form.test(trimmed)) {
      context.addIssue({ code: "custom", message: error });
    }
    const host = hostOf(trimmed);
    return host.toLowerCase() + trimmed.slice(host.length);
  });
}

/** The host of a place: what stands before the path, the digest, or a tag that is no port. */
function hostOf(place: string): string {
  return /^[^/@]*/.exec(place)?.[0] ?? "";
}
