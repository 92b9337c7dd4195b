import { type AST, parseTOML } from "toml-eslint-parser";

/** What TOML says, in the order it says it, and on which lines. */
export interface TomlDocument {
  readonly value: unknown;
  /** The line of a key, or of the nearest table around it; 1 where there is none. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** A key that no table can have. */
export class TomlKeyError extends Error {
  readonly line: number;
  readonly path: readonly PropertyKey[];

  constructor(line: number, path: readonly PropertyKey[]) {
    super(`No table has a key ${path.map(String).join(".")}`);
    this.name = new.target.name;
    this.line = line;
    this.path = path;
  }
}

/** Parses TOML 1.1. Throws the parser's `ParseError`, a `TomlKeyError`, or a `RangeError` where values are nested too deep. */
export function parseToml(text: string): TomlDocument {
  const lines = new Map<string, number>();
  const root = emptyTable();
  const [{ body }] = parseTOML(text).body;
  const place: Place = { table: root, path: [], lines };
  for (const node of body) {
    if (node.type === "TOMLKeyValue") putKeyValue(place, node);
    else putTable(place, node);
  }
  return { value: root, lineOf: (path) => lineOf(lines, path) };
}

/** `getStaticTOMLValue` would follow a key `__proto__` to the prototype of all objects; these have no prototype. */
type Table = Record<string, unknown>;

interface Place {
  readonly table: Table | unknown[];
  readonly path: readonly PropertyKey[];
  readonly lines: Map<string, number>;
}

function putTable(root: Place, node: AST.TOMLTable): void {
  const place = node.resolvedKey.reduce<Place>((outer, key, at) => {
    const isList = typeof node.resolvedKey[at + 1] === "number";
    return enter(outer, { key, isList, line: node.loc.start.line });
  }, root);
  for (const child of node.body) putKeyValue(place, child);
}

function putKeyValue(outer: Place, node: AST.TOMLKeyValue): void {
  const line = node.loc.start.line;
  const keys = node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  const place = keys.slice(0, -1).reduce<Place>((at, key) => enter(at, { key, isList: false, line }), outer);
  const key = keys.at(-1) ?? "";
  const path = mark(place, key, line);
  put(place.table, key, valueOf(node.value, { ...place, path }));
}

function valueOf(node: AST.TOMLContentNode, { path, lines }: Pick<Place, "path" | "lines">): unknown {
  if (node.type === "TOMLValue") return node.value;
  if (node.type === "TOMLArray") {
    return node.elements.map((element, at) =>
      valueOf(element, { path: mark({ path, lines }, at, element.loc.start.line), lines }),
    );
  }
  const table = emptyTable();
  for (const child of node.body) putKeyValue({ table, path, lines }, child);
  return table;
}

interface Step {
  readonly key: string | number;
  readonly isList: boolean;
  readonly line: number;
}

/** The table or list under a key, made where it is not there yet. */
function enter(outer: Place, { key, isList, line }: Step): Place {
  const known: unknown = Reflect.get(outer.table, key);
  const path = mark(outer, key, line);
  if (isContainer(known)) return { ...outer, table: known, path };
  const table = isList ? [] : emptyTable();
  put(outer.table, key, table);
  return { ...outer, table, path };
}

function put(table: Table | unknown[], key: string | number, value: unknown): void {
  Reflect.set(table, key, value);
}

function isContainer(value: unknown): value is Table | unknown[] {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** Notes the line of a key that is seen for the first time. */
function mark(
  { path: outer, lines }: Pick<Place, "path" | "lines">,
  key: string | number,
  line: number,
): readonly PropertyKey[] {
  const path = [...outer, key];
  if (key === "__proto__") throw new TomlKeyError(line, path);
  const name = JSON.stringify(path.map(String));
  if (!lines.has(name)) lines.set(name, line);
  return path;
}

function lineOf(lines: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number {
  const line = lines.get(JSON.stringify(path.map(String)));
  if (line !== undefined) return line;
  return path.length === 0 ? 1 : lineOf(lines, path.slice(0, -1));
}

function emptyTable(): Table {
  return Object.create(null);
}
