import { formatToml } from "@stowage/toml";
import { type ListedTable, listTables } from "./list-keys.ts";
import type { SettingKey } from "./setting-key.ts";
import { settingKeys } from "./setting-keys.ts";

/** A file of settings to begin with, in TOML: every key at its default, under a comment that says what it is. */
export function defaultSettingsText(): string {
  return [comment(introduction), ...listTables(settingKeys).flatMap(tableText)].join("\n");
}

const introduction =
  "Every setting of stowage, at its default. A key that is deleted here stays as it is. What conf.d/*.toml beside this file say goes before it, key by key.";

/** As paragraphs; tables that people name are one, an example. */
function tableText({ name, means, keys }: ListedTable): readonly string[] {
  const head = name === "" ? [] : [`[${name}]\n`];
  const body = keys.map(({ name: key, key: said }) => `${describe(said)}${key} = ${formatToml(said.standard)}\n`);
  if (means === undefined) return [...head, ...body];
  return [comment(means) + [...head, ...body].join("").replaceAll(/^(?=[^#])/gm, "# ")];
}

function describe({ kind, means, applies }: SettingKey<unknown>): string {
  return comment(means) + comment(`It is ${kind.words}, and applies ${applies}.`);
}

/** In lines of a width that people read well. */
function comment(text: string): string {
  return `${text.replaceAll(/(?<line>.{1,98})(?: |$)/g, "# $<line>\n")}`;
}
