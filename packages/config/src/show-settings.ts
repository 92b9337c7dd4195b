import { formatToml, formatTomlKey, type TomlValue } from "@stowage/toml";
import { type ListedKey, listKeys, valueAt } from "./list-keys.ts";
import { formatDuration, formatSize } from "./quantity.ts";
import { isKey, type SettingKey, snakeCase } from "./setting-key.ts";
import { settingKeys } from "./setting-keys.ts";
import type { Settings } from "./settings.ts";

/**
 * All settings as TOML, for people: what proxies are told of credentials is `***`. A key that `origins` has, as
 * `mergeSettings` gives them, has a comment with its file.
 */
export function showSettings(settings: Settings, origins: ReadonlyMap<string, string> = new Map()): string {
  const lines = listKeys(settingKeys).flatMap((listed) => linesOf(listed, withoutSecrets(settings)));
  return lines
    .map(({ table, name, value }, at) => {
      const isFirst = table.length > 0 && formatPath(lines[at - 1]?.table ?? []) !== formatPath(table);
      const head = isFirst ? `\n[${formatPath(table)}]\n` : "";
      return `${head}${name} = ${formatToml(value)}${originOf([...table, name].join("."), origins)}\n`;
    })
    .join("");
}

interface Line {
  readonly table: readonly string[];
  readonly name: string;
  readonly value: TomlValue;
}

function linesOf({ path, node }: ListedKey, settings: object): readonly Line[] {
  const value = valueAt(settings, path);
  const names = path.map(snakeCase);
  if (isKey(node)) return [{ table: names.slice(0, -1), name: names.at(-1) ?? "", value: tomlOf(value, node) }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    listKeys(node.entry)
      .flatMap((listed) => linesOf(listed, inner))
      .map((line) => ({ ...line, table: [...names, name, ...line.table] })),
  );
}

function tomlOf(value: unknown, { kind }: SettingKey<unknown>): TomlValue {
  if (typeof value === "number" && kind.unit === "bytes") return formatSize(value);
  if (typeof value === "number" && kind.unit === "seconds") return formatDuration(value);
  return isToml(value) ? value : "";
}

/** All but what is left out, which is the empty text in TOML. */
function isToml(value: unknown): value is TomlValue {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isToml);
  return ["string", "number", "boolean"].includes(typeof value);
}

function formatPath(names: readonly string[]): string {
  return names.map(formatTomlKey).join(".");
}

/** A table that is one value may come from several files. */
function originOf(name: string, origins: ReadonlyMap<string, string>): string {
  const files = [...origins].filter(([key]) => key === name || key.startsWith(`${name}.`)).map(([, file]) => file);
  const quoted = [...new Set(files)].map((file) => formatToml(file));
  return quoted.length === 0 ? "" : `  # from ${quoted.join(" and ")}`;
}

function withoutSecrets(settings: Settings): Settings {
  const proxies = Object.entries(settings.registry.proxies).map(([host, proxy]) => [host, withoutSecret(proxy)]);
  return { ...settings, registry: { ...settings.registry, proxies: Object.fromEntries(proxies) } };
}

/** A password may have an `@` in it; a user without a password may be a token. */
function withoutSecret(proxy: string): string {
  return proxy.replace(/^(?<scheme>https?:\/\/)?(?<user>[^:@]*:)?.*@/, "$<scheme>$<user>***@");
}
