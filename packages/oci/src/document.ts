import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { annotationsSchema, type Descriptor, descriptorSchema } from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import { decodeJson, explain } from "./json.ts";
import { maxDocumentBytes, maxIndexEntries, maxLayers } from "./limits.ts";
import { bare, documentKindOf } from "./media-type.ts";
import { quoteText } from "./quote.ts";

/** One image for one platform: its config and its layers, bottom first. */
export interface Manifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** The same image for several platforms. */
export interface Index {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export type Document = Manifest | Index;

/**
 * Reads a manifest or an index. `claimed` is the media type that the descriptor or the Content-Type gave, if any.
 * Fails with `invalid-argument` where the bytes, their `mediaType` and `claimed` do not all say the same one kind
 * (CVE-2021-41190), where nothing says a kind, or where a limit is passed.
 */
export function decodeDocument(bytes: Uint8Array, claimed?: string): Document {
  const name = digestOf(bytes);
  const json = decodeJson(bytes, { name: `manifest ${name}`, limit: maxDocumentBytes });
  refuseOddSpelling(json, name);
  const mediaType = agreedMediaType(json, claimed, name);
  const kind = documentKindOf(mediaType);
  if (kind === undefined)
    throw refusal(name, `its media type ${quoteText(mediaType)} is neither a manifest nor an index`);
  const fields = kindsByFields(json);
  if (fields.length !== 1 || fields[0] !== kind) {
    throw refusal(
      name,
      `it is called ${aKind(kind)} and has the fields of ${fields.map(aKind).join(" and of ") || "neither kind"}`,
    );
  }
  const read = z.safeParse(kind === "manifest" ? manifestSchema : indexSchema, { ...json, mediaType });
  if (!read.success) throw refusal(name, explain(read.error));
  return read.data;
}

const schemaVersion = z.literal(2);
const annotations = annotationsSchema.nullish().transform((found) => found ?? {});

const manifestSchema: z.ZodType<Manifest> = z
  .object({
    schemaVersion,
    mediaType: z.string(),
    artifactType: z.string().max(255).optional(),
    config: descriptorSchema,
    layers: z.array(descriptorSchema).max(maxLayers),
    annotations,
  })
  .transform(({ mediaType, artifactType, config, layers, annotations: notes }) => ({
    kind: "manifest" as const,
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    config,
    layers,
    annotations: notes,
  }));

const indexSchema: z.ZodType<Index> = z
  .object({
    schemaVersion,
    mediaType: z.string(),
    manifests: z.array(descriptorSchema).max(maxIndexEntries),
    annotations,
  })
  .transform(({ mediaType, manifests, annotations: notes }) => ({
    kind: "index" as const,
    mediaType,
    manifests,
    annotations: notes,
  }));

type Json = Readonly<Record<string, unknown>>;

const fieldsOf = {
  manifest: ["config", "layers"],
  index: ["manifests"],
  "schema 1 manifest": ["fsLayers", "history", "signatures"],
} as const;

type FieldKind = keyof typeof fieldsOf;

const aKind = (kind: FieldKind): string => (kind === "index" ? "an index" : `a ${kind}`);

function kindsByFields(json: Json): readonly FieldKind[] {
  const kinds: readonly FieldKind[] = ["manifest", "index", "schema 1 manifest"];
  return kinds.filter((kind) => fieldsOf[kind].some((field) => field in json));
}

/** Some readers match keys in any case. A document that means another thing to them has no one meaning. */
function refuseOddSpelling(json: Json, name: string): void {
  const known = [...Object.values(fieldsOf).flat(), "mediaType"];
  for (const key of Object.keys(json)) {
    const meant = known.find((field) => field.toLowerCase() === key.toLowerCase());
    if (meant !== undefined && meant !== key)
      throw refusal(name, `it has a field ${quoteText(key)} beside the known "${meant}"`);
  }
}

/** The one media type that the document and its bearer agree on. `application/json` and the like claim nothing. */
function agreedMediaType(json: Json, claimed: string | undefined, name: string): string {
  const own = typeof json["mediaType"] === "string" && json["mediaType"] !== "" ? bare(json["mediaType"]) : undefined;
  const given = claimed === undefined || unspecific.has(bare(claimed)) ? undefined : bare(claimed);
  if (own !== undefined && given !== undefined && own !== given) {
    throw refusal(name, `it calls itself ${quoteText(own)} and was given as ${quoteText(given)}`);
  }
  const agreed = own ?? given;
  if (agreed === undefined) throw refusal(name, "nothing says whether it is a manifest or an index");
  return agreed;
}

const unspecific: ReadonlySet<string> = new Set(["", "application/json", "application/octet-stream", "text/plain"]);

function refusal(name: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read manifest ${name}: ${why}`);
}
