import { StowageError } from "@stowage/errors";
import type { z } from "zod";
import { escapeText, quoteText } from "./quote.ts";

/** The JSON object in `bytes`. Fails with `invalid-argument`, naming `name`, for anything else and above `limit` bytes. */
export function decodeJson(
  bytes: Uint8Array,
  { name, limit }: { readonly name: string; readonly limit: number },
): Readonly<Record<string, unknown>> {
  if (bytes.byteLength > limit) throw refusal(name, `it has ${bytes.byteLength} bytes, at most ${limit} are allowed`);
  const json = parse(bytes, name);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw refusal(name, "it is not a JSON object");
  return { ...json };
}

/** Where and how a document differs from its schema, in one line. */
export function explain(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "it does not follow its schema";
  const where = issue.path.map((part) => formatKey(String(part))).join(".");
  const what = escapeText(issue.message);
  return where === "" ? what : `${where}: ${what}`;
}

/** Keys are the document's own too, such as those of annotations. */
function formatKey(key: string): string {
  return /^\w{1,64}$/.test(key) ? key : quoteText(key);
}

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refusal(name, "it is not JSON", { cause });
  }
}

function refusal(name: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read ${name}: ${why}`, options);
}
