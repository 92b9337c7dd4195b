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
