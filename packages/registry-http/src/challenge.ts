/** A way to authenticate that a server offers: `Bearer realm="…",service="…"`. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By lower-case name, the first of a name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads the values of WWW-Authenticate (RFC 9110, sections 11.2, 11.3 and 5.6):
 *
 *     value         := [ challenge ] ( "," [ challenge ] )*
 *     challenge     := scheme [ " " ( token68 | [ parameter ] ( "," [ parameter ] )* ) ]
 *     parameter     := token "=" ( token | quoted-string )
 *     token68       := /[A-Za-z0-9._~+/-]+={0,}/
 *     quoted-string := '"' ( any but '"' and "\" | "\" any )* '"'
 *
 * A token is a parameter's name where "=" and a value follow it, and else the next scheme. Reading never fails: what
 * fits nowhere is passed over, and a quoted string without an end goes to the end of the text.
 */
export function parseChallenges(values: readonly string[]): readonly Challenge[] {
  return values.flatMap((value) => parseValue(value.slice(0, maxLength)));
}

/** Characters of one header value; undici lets no head through that is longer. */
const maxLength = 16 * 1024;

const separators = /[\s,]+/y;
const parameter = /([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([!#$%&'*+.^_`|~\w:/?=@-]+))/sy;
const scheme = /([!#$%&'*+.^_`|~\w-]+)(?:\s+[\w.~+/-]+=*(?=\s*(?:,|$)))?/y;

interface Draft extends Challenge {
  readonly parameters: Map<string, string>;
}

function parseValue(value: string): readonly Challenge[] {
  const challenges: Draft[] = [];
  for (let at = 0; at < value.length; ) at += readTerm(value, at, challenges);
  return challenges;
}

/** Reads the separators, the parameter, the scheme or the stray character at `at`, and returns how long it is. */
function readTerm(value: string, at: number, challenges: Draft[]): number {
  const gap = matchAt(separators, value, at);
  if (gap !== undefined) return gap[0].length;
  const named = matchAt(parameter, value, at);
  if (named !== undefined) {
    addParameter(challenges.at(-1), named);
    return named[0].length;
  }
  const [started = " ", name] = matchAt(scheme, value, at) ?? [];
  if (name !== undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
  return started.length;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** A parameter before any scheme belongs to nothing. */
function addParameter(challenge: Draft | undefined, [, name = "", quoted, plain = ""]: RegExpExecArray): void {
  const key = name.toLowerCase();
  if (challenge === undefined || challenge.parameters.has(key)) return;
  challenge.parameters.set(key, quoted?.replace(/\\(.)/gs, "$1") ?? plain);
}
