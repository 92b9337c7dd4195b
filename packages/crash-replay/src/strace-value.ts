/** An argument as strace prints it with `-y -xx`. */
export type LogValue =
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  /** `AT_FDCWD` is its word here; the path says what the descriptor led to when the call began. */
  | { readonly kind: "descriptor"; readonly word: string; readonly path: string }
  | { readonly kind: "list"; readonly items: readonly LogValue[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, LogValue> }
  /** Numbers, flags joined by `|`, `NULL`, addresses, and calls like `makedev(1, 2)`. */
  | { readonly kind: "word"; readonly text: string };

const comment = /\s*\/\*.*?\*\//y;
const separator = /\s*(?:,|=>)?\s*/y;
const fieldName = /(?<name>[a-z_]\w*)=/y;
const word = /(?<text>[^\s,<>()[\]{}"=]*(?:\([^)]*\))?)(?:<(?<path>[^>]*)>(?:\(deleted\))?)?/y;

/**
 * Reads the arguments of a call.
 *
 *     arguments = [ value { ( "," | "=>" ) value } ]
 *     value     = string | "[" arguments "]" | "{" [ name "=" value { "," name "=" value } ] "}" | word [ "<" path ">" ]
 *     string    = '"' { "\x" hex hex } '"'
 *
 * Fails with an `Error` on a string that strace cut short, and on what is none of these.
 */
export function parseValues(text: string): readonly LogValue[] {
  const parser = new ValueParser(text);
  const values = parser.values("");
  if (!parser.atEnd) throw new Error(`Cannot read arguments of the strace log: "${parser.rest}" is not a value`);
  return values;
}

class ValueParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  get rest(): string {
    return this.#text.slice(this.#at, this.#at + 40);
  }

  values(close: string): LogValue[] {
    const values: LogValue[] = [];
    while (!this.#closes(close)) {
      this.#match(fieldName);
      values.push(this.#value());
    }
    return values;
  }

  #fields(): Map<string, LogValue> {
    const fields = new Map<string, LogValue>();
    while (!this.#closes("}")) {
      const name = this.#match(fieldName)?.["name"] ?? "";
      fields.set(name, this.#value());
    }
    return fields;
  }

  #value(): LogValue {
    const start = this.#at;
    const value = this.#bracketed() ?? this.#string() ?? this.#word();
    this.#match(comment);
    if (!this.rest.startsWith("...")) this.#match(separator);
    if (this.#at === start) throw new Error(`Cannot read arguments of the strace log: "${this.rest}" is not a value`);
    return value;
  }

  #bracketed(): LogValue | undefined {
    if (this.#take("[")) return { kind: "list", items: this.values("]") };
    if (this.#take("{")) return { kind: "record", fields: this.#fields() };
    return undefined;
  }

  /** Everything in it is in hex, so that the next quote ends it. */
  #string(): LogValue | undefined {
    if (!this.#take('"')) return undefined;
    const end = this.#text.indexOf('"', this.#at);
    const bytes = decodeHex(this.#text.slice(this.#at, end));
    this.#at = end + 1;
    return { kind: "text", bytes };
  }

  #word(): LogValue {
    const { text = "", path } = this.#match(word) ?? {};
    if (text === "...") throw new Error("Cannot read arguments of the strace log: strace cut them short");
    if (path === undefined) return { kind: "word", text };
    return { kind: "descriptor", word: text, path: decodeHex(path).toString("latin1") };
  }

  #closes(close: string): boolean {
    return close === "" ? this.atEnd : this.#take(close);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): Readonly<Record<string, string | undefined>> | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found.groups ?? {};
  }
}

function decodeHex(text: string): Buffer {
  return Buffer.from(text.replaceAll(String.raw`\x`, ""), "hex");
}
