import { decodeToml } from "@stowage/toml";
import { z } from "zod";
import { type Declared, type DeclaredTable, isKey, isNamedTables, type SettingKey, snakeCase } from "./setting-key.ts";
import { settingKeys } from "./setting-keys.ts";
import type { Settings } from "./settings.ts";

/** A file of settings; `name` is what messages call it. */
export interface SettingsFile {
  readonly name: string;
  readonly text: string;
}

/** What files say together, and for each key that one of them sets, dotted and in snake_case, the last that does. */
export interface MergedSettings {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * Reads settings from TOML, keys in snake_case. Fails with `invalid-argument`, naming `name`, the line, the key and what was
 * expected there. A key that is not known is an error: it would be believed.
 */
export function decodeSettings(text: string, name: string): Settings {
  return mergeSettings([{ name, text }]).settings;
}

/**
 * Reads files of settings, each as `decodeSettings` does. A key of a later file goes before the same key of an earlier one;
 * tables are merged, lists are not.
 */
export function mergeSettings(files: readonly SettingsFile[]): MergedSettings {
  const read = readTables(files);
  const merged = read.reduce<Table>((before, { table }) => mergeTables(before, table), {});
  const origins = read.flatMap(({ name, table }) => keysOf(table).map((key) => [key, name] as const));
  return { settings: complete(settingKeys, merged), origins: new Map(origins) };
}

/** Mostly there is no file, and making the schema takes its time. */
function readTables(files: readonly SettingsFile[]): readonly { readonly name: string; readonly table: Table }[] {
  if (files.length === 0) return [];
  const schema = tableSchema(settingKeys);
  return files.map(({ name, text }) => ({ name, table: decodeToml(text, { noun: "settings", name }, schema) }));
}

/** What TOML said, decoded, its names in snake_case; what it left out is left out. */
interface Table {
  readonly [name: string]: unknown;
}

/** What is in force where nothing is set. */
export const defaultSettings: Settings = complete(settingKeys, {});

function tableSchema(declared: DeclaredTable): z.ZodType<Table> {
  const shape = Object.entries(declared).map(([name, node]) => [snakeCase(name), schemaOf(node).optional()]);
  return z.strictObject(Object.fromEntries(shape), { error: aTable });
}

function schemaOf(node: DeclaredTable[string]): z.ZodType<unknown> {
  if (isKey(node)) return node.kind.schema;
  return isNamedTables(node) ? z.record(node.names, tableSchema(node.entry), { error: aTable }) : tableSchema(node);
}

/** Other mistakes, as an unknown key, are told in the words of `decodeToml`. */
function aTable({ code }: z.core.$ZodRawIssue): string | undefined {
  return code === "invalid_type" ? "a table" : undefined;
}

function mergeTables(before: Table, after: Table): Table {
  const merged = Object.entries(after).map(([name, value]) => {
    const old = before[name];
    return [name, isTable(old) && isTable(value) ? mergeTables(old, value) : value] as const;
  });
  return { ...before, ...Object.fromEntries(merged) };
}

function keysOf(table: Table, outer: readonly string[] = []): readonly string[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const path = [...outer, name];
    return isTable(value) ? keysOf(value, path) : [path.join(".")];
  });
}

/** The values of `found` and, for what it does not have, the standard ones. */
function complete(declared: Declared<Settings>, found: Table): Settings;
function complete(declared: DeclaredTable, found: Table): object;
function complete(declared: DeclaredTable, found: Table): object {
  const values = Object.entries(declared).map(([name, node]) => {
    const key = snakeCase(name);
    return [name, isKey(node) ? (key in found ? found[key] : standardOf(node)) : completeTable(node, found[key])];
  });
  return Object.fromEntries(values);
}

function completeTable(node: Exclude<DeclaredTable[string], SettingKey<unknown>>, value: unknown): unknown {
  const found = isTable(value) ? value : {};
  if (!isNamedTables(node)) return complete(node, found);
  return Object.fromEntries(Object.entries(found).map(([name, table]) => [name, completeTable(node.entry, table)]));
}

function standardOf({ kind, standard }: SettingKey<unknown>): unknown {
  return kind.schema.parse(standard);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
