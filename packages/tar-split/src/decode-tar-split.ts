import { StowageError } from "@stowage/errors";
import { z } from "zod";

/** A part of a tar: bytes as they are, or the body of the file at a path of raw bytes, one a character. */
export type TarPart =
  | { readonly kind: "framing"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly path: string; readonly size: number; readonly sum: Uint8Array };

/** Reads one line. Fails with `invalid-argument` for what is none. */
export function decodeTarSplitLine(text: string): TarPart {
  const read = schema.safeParse(jsonIn(text));
  if (!read.success) throw refusal();
  const line = read.data;
  if (line.type === 2) return { kind: "framing", bytes: line.payload };
  const path = line.name === undefined ? line.name_raw : Buffer.from(line.name, "utf8");
  if (path === undefined) throw refusal();
  return { kind: "file", path: Buffer.from(path).toString("latin1"), size: line.size, sum: line.payload };
}

const bytes = z.base64().transform((text): Uint8Array => Buffer.from(text, "base64"));
const position = z.int().min(0).default(0);
const schema = z.discriminatedUnion("type", [
  z.object({ type: z.literal(2), payload: bytes, position }),
  z.object({
    type: z.literal(1),
    name: z.string().optional(),
    name_raw: bytes.optional(),
    size: z.int().min(0).default(0),
    payload: z
      .union([bytes, z.null()])
      .optional()
      .transform((sum) => sum ?? new Uint8Array()),
    position,
  }),
]);

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal({ cause });
  }
}

function refusal(options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", "Cannot read tar-split: a line is none of its own", options);
}
