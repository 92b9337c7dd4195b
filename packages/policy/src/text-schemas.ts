import { z } from "zod";

/** A text that `accepts`; others are told what was expected. */
export function textual(words: string, accepts: (text: string) => boolean): z.ZodString {
  return z.string({ error: words }).refine(accepts, { error: words });
}

export const filled: z.ZodString = textual("a text that is not empty", (text) => text !== "");

export const path: z.ZodString = textual("the path of a file", (text) => text !== "" && !text.includes("\0"));

export const paths: z.ZodArray<z.ZodString> = listOf(path, "a list of paths, at least one");

/** Padded, and line breaks are let be (RFC 4648, section 4). */
export const base64: z.ZodString = textual("base64", (text) => {
  const plain = text.replaceAll(/[\r\n]/g, "");
  return plain !== "" && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain);
});

export const base64s: z.ZodArray<z.ZodString> = listOf(base64, "a list of base64, at least one");

function listOf(element: z.ZodString, words: string): z.ZodArray<z.ZodString> {
  return z.array(element, { error: words }).min(1, { error: words });
}
