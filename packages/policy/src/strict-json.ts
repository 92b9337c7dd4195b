import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";

/**
 * The value that a JSON text means, where it can mean one only: of an object that has a key twice, readers take the first, the
 * last, or both. Fails with `invalid-argument`, naming `name` and the key, for that and for what is no JSON.
 */
export function decodeStrictJson(text: string, name: string): unknown {
  const value = parse(text, name);
  const key = findOddKey(text);
  if (key === undefined) return value;
  const why = key === prototypeKey ? `there is no key "${key}"` : `the key ${quoteText(key)} is there twice`;
  throw new StowageError("invalid-argument", `Cannot read policy ${quoteText(name)}: ${why}`);
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StowageError("invalid-argument", `Cannot read policy ${quoteText(name)}: it is not JSON`, { cause });
  }
}

/** Objects of JavaScript would not show it. */
const prototypeKey = "__proto__";

/** All that matters of a text that is JSON: where objects begin and end, and strings, of which keys have a colon behind them. */
const tokens = /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|"(?:[^"\\]|\\.)*"|[{}]/g;

/** A key that an object has twice, or that none may have. `text` is JSON. */
function findOddKey(text: string): string | undefined {
  const outer: Set<string>[] = [];
  for (const { 0: token, groups } of text.matchAll(tokens)) {
    if (token === "{") outer.push(new Set());
    if (token === "}") outer.pop();
    if (groups?.["key"] === undefined) continue;
    const key = String(JSON.parse(groups["key"]));
    const keys = outer.at(-1);
    if (key === prototypeKey || keys?.has(key) === true) return key;
    keys?.add(key);
  }
  return undefined;
}
