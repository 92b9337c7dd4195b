/** One link of a Link header: where it leads, and its parameters by lower-case name, the first of a name. */
export interface Link {
  readonly target: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads the values of Link (RFC 8288, section 3):
 *
 *     value     := [ link ] ( "," [ link ] )*
 *     link      := "<" target ">" ( ";" [ parameter ] )*
 *     parameter := token [ "=" ( token | quoted-string ) ]
 *
 * Reading never fails: what fits nowhere is passed over, and what has no end goes to the end of the text.
 */
export function parseLinks(values: readonly string[]): readonly Link[] {
  return values.flatMap((value) => parseValue(value.slice(0, maxLength)));
}

/** A value that `parseLinks` reads back as the same links; a target must be without ">", a parameter's name a token. */
export function formatLinks(links: readonly Link[]): string {
  return links
    .map(({ target, parameters }) => {
      const told = [...parameters].map(([name, value]) => `; ${name}="${value.replace(/["\\]/g, "\\$&")}"`);
      return `<${target}>${told.join("")}`;
    })
    .join(", ");
}

/** The target of the first link with the relation `relation`, which may be one of several in its `rel`. */
export function findLink(links: readonly Link[], relation: string): string | undefined {
  return links.find(({ parameters }) => relationsOf(parameters).includes(relation))?.target;
}

/** Characters of one header value; undici lets no head through that is longer. */
const maxLength = 16 * 1024;

const target = /<([^>]*)>?/y;
const parameter = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;,"]*)))?/sy;

interface Draft extends Link {
  readonly parameters: Map<string, string>;
}

function parseValue(value: string): readonly Link[] {
  const links: Draft[] = [];
  for (let at = 0; at < value.length; ) at += readTerm(value, at, links);
  return links;
}

/** Reads the target, the parameter or the stray character at `at`, and returns how long it is. */
function readTerm(value: string, at: number, links: Draft[]): number {
  const led = matchAt(target, value, at);
  if (led !== undefined) {
    links.push({ target: led[1] ?? "", parameters: new Map() });
    return led[0].length;
  }
  const said = matchAt(parameter, value, at);
  if (said !== undefined) addParameter(links.at(-1), said);
  return said?.[0].length ?? 1;
}

/** A parameter before any link belongs to nothing. */
function addParameter(link: Draft | undefined, [, name = "", quoted, plain = ""]: RegExpExecArray): void {
  const key = name.toLowerCase();
  if (link === undefined || link.parameters.has(key)) return;
  link.parameters.set(key, quoted?.replace(/\\(.)/gs, "$1") ?? plain);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function relationsOf(parameters: Link["parameters"]): readonly string[] {
  return (parameters.get("rel") ?? "").toLowerCase().split(/\s+/);
}
