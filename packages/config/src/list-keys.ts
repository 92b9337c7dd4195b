import {
  type DeclaredTable,
  isKey,
  isNamedTables,
  type NamedTables,
  type SettingKey,
  snakeCase,
} from "./setting-key.ts";

/** A key, or tables that are named by people, and where it is. */
export interface ListedKey {
  /** Its names in camelCase, from the outermost table on. */
  readonly path: readonly string[];
  /** Its dotted name in snake_case, as people know it. */
  readonly name: string;
  readonly node: SettingKey<unknown> | NamedTables<unknown>;
}

/** All keys of `declared` and of the tables in it, in their order. */
export function listKeys(declared: DeclaredTable, outer: readonly string[] = []): readonly ListedKey[] {
  return Object.entries(declared).flatMap(([name, node]) => {
    const path = [...outer, name];
    if (!isKey(node) && !isNamedTables(node)) return listKeys(node, path);
    return [{ path, name: path.map(snakeCase).join("."), node }];
  });
}

/** What `settings` have at a path. */
export function valueAt(settings: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (table, name) => (typeof table === "object" && table !== null ? Reflect.get(table, name) : undefined),
    settings,
  );
}

/** A table as people write it, and the keys in it. */
export interface ListedTable {
  /** Dotted, in snake_case; empty for what is in no table. `NAME` stands for what people choose. */
  readonly name: string;
  /** What is said of all tables of such a name. */
  readonly means?: string | undefined;
  readonly keys: readonly { readonly name: string; readonly key: SettingKey<unknown> }[];
}

/** The table `declared`, and those in it. */
export function listTables(declared: DeclaredTable, outer: readonly string[] = []): readonly ListedTable[] {
  const nodes = Object.entries(declared).map(([name, node]) => ({ name: snakeCase(name), node }));
  const keys = nodes.flatMap(({ name, node }) => (isKey(node) ? [{ name, key: node }] : []));
  const inner = nodes.flatMap(({ name, node }) => {
    if (isKey(node)) return [];
    if (!isNamedTables(node)) return listTables(node, [...outer, name]);
    return listTables(node.entry, [...outer, name, "NAME"]).map((table) => ({ ...table, means: node.means }));
  });
  return [{ name: outer.join("."), keys }, ...inner];
}
