/**
 * What the text of an auth file is as JSON: `{}` where it is blank, `undefined` where it is none. A byte order mark before it is let be.
 * No cause is told: a JSON parser quotes what it cannot read.
 */
export function parseAuthJson(content: Uint8Array | string): unknown {
  try {
    const text = typeof content === "string" ? content : utf8.decode(content);
    const json = text.startsWith("\uFEFF") ? text.slice(1) : text;
    return json.trim() === "" ? {} : JSON.parse(json);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
