import type { TomlValue } from "@stowage/toml";
import type { z } from "zod";

/** What a setting may be, in the words of messages and of the reference page, and the type that takes it. */
export interface Kind<T> {
  readonly words: string;
  readonly schema: z.ZodType<T>;
  /** What numbers count that TOML writes with a unit. */
  readonly unit?: "bytes" | "seconds" | undefined;
}

export type Applies = "at once" | "after a restart";

/** All that is said of one key, in one place: the decoder, the defaults, the reference page and the reload follow from it. */
export interface SettingKey<T> {
  readonly kind: Kind<T>;
  /** As TOML writes it. */
  readonly standard: TomlValue;
  /** One or two sentences for the reference page. */
  readonly means: string;
  readonly applies: Applies;
}

/** Tables that people name themselves, each with the same keys; they apply together. */
export interface NamedTables<Entry> {
  readonly names: z.ZodType<string, string>;
  readonly entry: Declared<Entry>;
  readonly means: string;
  readonly applies: Applies;
}

/** The keys of a table, under their names in camelCase; TOML has them in snake_case. */
export type Declared<T> = {
  readonly [Name in keyof T]:
    | SettingKey<T[Name]>
    | (T[Name] extends Readonly<Record<string, infer Entry>> ? NamedTables<Entry> : never)
    | (T[Name] extends readonly unknown[] ? never : T[Name] extends object ? Declared<T[Name]> : never);
};

/** The same, whatever it decodes to. */
export interface DeclaredTable {
  readonly [name: string]: SettingKey<unknown> | NamedTables<unknown> | DeclaredTable;
}

export function atOnce<T>(kind: Kind<T>, standard: TomlValue, means: string): SettingKey<T> {
  return { kind, standard, means, applies: "at once" };
}

export function afterRestart<T>(kind: Kind<T>, standard: TomlValue, means: string): SettingKey<T> {
  return { kind, standard, means, applies: "after a restart" };
}

type Node = DeclaredTable[string];

export function isKey(node: Node): node is SettingKey<unknown> {
  return "kind" in node && "means" in node && typeof node.means === "string";
}

export function isNamedTables(node: Node): node is NamedTables<unknown> {
  return "entry" in node && "means" in node && typeof node.means === "string";
}

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
