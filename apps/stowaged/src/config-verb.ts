import { defaultSettingsText, nearest, showSettings } from "@stowage/config";
import { readSettingsSources } from "@stowage/core";
import { StowageError } from "@stowage/errors";

/** Where settings come from, as the command line has it. */
export interface SettingsOptions {
  readonly config?: string | undefined;
  readonly root?: string | undefined;
  readonly address?: string | undefined;
}

/** What `stowaged WORDS…` prints. Fails with `invalid-argument` for words that are no verb, and for settings with a mistake. */
export async function runVerb(words: readonly string[], options: SettingsOptions): Promise<string> {
  const [noun, verb, ...rest] = words;
  if (noun !== "config") throw unknownWord(noun, ["config"]);
  const work = verb === undefined ? undefined : verbs.get(verb);
  if (work === undefined) throw unknownWord(verb, [...verbs.keys()]);
  if (rest.length > 0) throw refusal(`nothing comes after "config ${verb}"`);
  return await work(options);
}

const verbs = new Map<string, (options: SettingsOptions) => string | Promise<string>>([
  ["check", check],
  ["default", defaultSettingsText],
  ["show", show],
]);

async function check({ config }: SettingsOptions): Promise<string> {
  const { files } = await readSettingsSources(config);
  return files.length === 0
    ? "no files: every setting is at its default\n"
    : files.map((file) => `${file}: ok\n`).join("");
}

async function show({ config, ...given }: SettingsOptions): Promise<string> {
  const { settings, origins } = await readSettingsSources(config);
  const { root = settings.root, address = settings.address } = given;
  const flags = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, `--${name}`] as const],
  );
  return showSettings({ ...settings, root, address }, new Map([...origins, ...flags]));
}

function unknownWord(word: string | undefined, known: readonly string[]): StowageError {
  const choice = known.map((each) => `"${each}"`).join(", ");
  if (word === undefined) return refusal(`"config" takes one of ${choice}`);
  const near = nearest(word, known);
  return refusal(`there is no verb "${word}"; ${near === undefined ? `there is ${choice}` : `perhaps "${near}"`}`);
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read the command line: ${why}`);
}
