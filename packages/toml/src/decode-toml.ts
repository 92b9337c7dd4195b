import { StowageError } from "@stowage/errors";
import { ParseError } from "toml-eslint-parser";
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { parseToml, type TomlDocument, TomlKeyError } from "./toml-document.ts";

/** What a message calls the file: `Cannot read <noun> "<name>": …`. */
export interface TomlFile {
  readonly noun: string;
  readonly name: string;
}

/**
 * Reads TOML 1.1 into what `schema` makes of it; tables keep the order of the file. Fails with `invalid-argument`, naming
 * the file and the line, and the key where it is TOML but not what the schema wants. A `z.strictObject` makes an unknown
 * key a mistake, told with the known one it is nearest to. No message has the value of a key.
 */
export function decodeToml<T>(text: string, file: TomlFile, schema: z.ZodType<T>): T {
  const document = read(text, file);
  const decoded = schema.safeParse(document.value, { error: explainUnknownKey });
  if (decoded.success) return decoded.data;
  const [first] = decoded.error.issues
    .map((issue) => ({ issue, line: document.lineOf(pathOf(issue)) }))
    .toSorted((one, other) => rank(one.issue) - rank(other.issue) || one.line - other.line);
  throw refusal(file, first === undefined ? "it does not follow the schema" : explain(first));
}

/** A key that is misspelt is also missing where it should be. */
function rank({ code }: z.core.$ZodIssue): number {
  return code === "unrecognized_keys" ? 0 : 1;
}

function read(text: string, file: TomlFile): TomlDocument {
  try {
    return parseToml(text);
  } catch (cause) {
    if (cause instanceof TomlKeyError)
      throw refusal(file, `line ${cause.line}: there is no key ${formatKey(cause.path)}`);
    // The parser recurses into arrays and inline tables, and so does reading its tree.
    if (cause instanceof RangeError) throw refusal(file, "its values are nested too deep", { cause });
    if (!(cause instanceof ParseError)) throw cause;
    throw refusal(file, `line ${cause.lineNumber}, column ${cause.column + 1}: ${cause.message}`, { cause });
  }
}

function explain({ issue, line }: { readonly issue: z.core.$ZodIssue; readonly line: number }): string {
  if (issue.code === "unrecognized_keys") return `line ${line}: ${issue.message}`;
  const where = issue.path.length === 0 ? "it" : formatKey(issue.path);
  return `line ${line}: ${where} is not what was expected: ${messageOf(issue)}`;
}

function messageOf(issue: z.core.$ZodIssue): string {
  const [inner] = issue.code === "invalid_key" ? issue.issues : [];
  return (inner ?? issue).message;
}

/** The line of an unknown key is its own, not the one of its table. */
function pathOf(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  return issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
}

const explainUnknownKey: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys") return undefined;
  const [key = ""] = issue.keys;
  const known = issue.inst instanceof z.ZodObject ? nearest(key, Object.keys(issue.inst.shape)) : undefined;
  const unknown = `there is no key ${formatKey([...(issue.path ?? []), key])}`;
  return known === undefined ? unknown : `${unknown}; perhaps "${known}"`;
};

/** A key may be an address, and what stands before the last "@" of an address may be a password. */
function formatKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(
    path.map((key) => String(key).replace(/^(?<scheme>[a-z]*:\/\/)?.*@/is, "$<scheme>[secret]@")).join("."),
  );
}

function refusal({ noun, name }: TomlFile, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read ${noun} "${name}": ${why}`, options);
}
