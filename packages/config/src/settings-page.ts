import { formatToml } from "@stowage/toml";
import { type ListedTable, listTables } from "./list-keys.ts";
import { settingKeys } from "./setting-keys.ts";

/** The reference page of all settings, in Markdown. */
export function settingsPage(): string {
  return `${introduction}\n${listTables(settingKeys).map(section).join("\n")}`;
}

const introduction = `# Settings

Every setting has a default: without any file stowage works as this page says. The daemon and the command read the same files.
This page is written by \`node tools/write-settings-page.ts\` from the keys in \`packages/config\`.

## Where they are looked for

In \`/etc/stowage/stowage.toml\`, if it is there, or in the file that \`--config\` names, which must be. After it, the \`*.toml\` of
the directory \`conf.d\` beside it are read, in the order of their names; what begins with a dot, and what is no regular file, is
not. Files are TOML, of at most 1 MiB.

Of a key that several files set, the last one counts. Tables are merged key by key; a list replaces the list before it. Each file
is checked on its own. A mistake, and a key that is not known is one, stops all of it with the file, the line and the key.

${table([
  ["Command", "What it does"],
  ["`stowaged config check`", "reads the files, and says of each that it is fine, or what the first mistake is"],
  ["`stowaged config show`", "prints the settings in force, and behind each the file that it comes from"],
  ["`stowaged config default`", "prints a file to begin with: every key at its default, under what is said of it"],
])}
## When a change applies

A running daemon reads all of it again on SIGHUP, and when one of the files changes, or what one of them is a link to. With a
mistake in any of them everything stays as it was. Otherwise keys that apply at once count from then on; the log names those
that changed and wait for a restart. The files that \`[registry]\` and \`[policy]\` name are another matter: they are
[looked at for each pull](registries.md).

## Sizes and durations

A size is a whole number with \`B\`, \`KiB\`, \`MiB\`, \`GiB\` or \`TiB\` behind it, which are powers of 1024: \`"512 MiB"\`. A duration is a
whole number with \`s\`, \`m\`, \`h\` or \`d\` behind it: \`"90s"\`, \`"7d"\`. Both are in quotes. An empty text, where it is the default, is as
good as leaving the key out.
`;

const header = ["Key", "What it is", "Default", "What it says", "Applies"];

function section({ name, means, keys }: ListedTable): string {
  const title = name === "" ? "In no table" : `\`[${name}]\``;
  const rows = keys.map(({ name: key, key: { kind, standard, means: says, applies } }) => {
    return [`\`${key}\``, words(kind.words), `\`${formatToml(standard)}\``, words(says), applies];
  });
  return [`## ${title}`, ...(means === undefined ? [] : [words(means)]), table([header, ...rows])].join("\n\n");
}

/** What is in quotes is meant letter by letter. */
function words(text: string): string {
  return text.replaceAll(/"(?<literal>[^"]+)"/g, "`$<literal>`");
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("");
}
