import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Settings } from "@stowage/config";
import { readSettingsSources } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { expect, onTestFinished, test } from "vitest";
import { Reloader, type ReloadOutcome } from "./reload.ts";

interface Scene {
  readonly directory: string;
  readonly reloader: Reloader;
  readonly outcomes: ReloadOutcome[];
  readonly applied: Settings[];
  /** Writes the settings file, or another one beside it, as an editor does. */
  readonly write: (text: string, name?: string) => Promise<void>;
}

interface SceneOptions {
  readonly refuse?: (settings: Settings) => boolean;
  /** Where the settings file is a link to. */
  readonly link?: string;
  /** What happens between the first reading and the beginning of the watch. */
  readonly meanwhile?: (write: Scene["write"]) => Promise<void>;
}

async function open(text: string, { refuse, link, meanwhile }: SceneOptions = {}): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-reload-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "stowage.toml");
  const write: Scene["write"] = async (next, name = link ?? "stowage.toml") => {
    await mkdir(join(directory, dirname(name)), { recursive: true });
    await writeFile(join(directory, `${name}.new`), next);
    await rename(join(directory, `${name}.new`), join(directory, name));
  };
  await write(text);
  if (link !== undefined) await symlink(link, path);
  const outcomes: ReloadOutcome[] = [];
  const applied: Settings[] = [];
  const sources = await readSettingsSources(path);
  await meanwhile?.(write);
  const reloader = new Reloader(sources, {
    read: () => readSettingsSources(path),
    apply(settings) {
      if (refuse?.(settings) === true) throw new StowageError("invalid-argument", "Cannot take it over: no");
      applied.push(settings);
    },
    onReload: (outcome) => outcomes.push(outcome),
  });
  onTestFinished(() => reloader[Symbol.dispose]());
  if (meanwhile === undefined) await reloader.reload();
  return { directory, reloader, outcomes, applied, write };
}

test("CFG-12: takes over what can be, and says once what takes a restart", async () => {
  const { reloader, outcomes, applied, write } = await open("");
  await write('pinned = ["a*"]\ndurability = "relaxed"\n[pull]\nlease = "1m"');
  await reloader.reload();
  await reloader.reload();
  expect(applied).toMatchObject([{ pinned: ["a*"], pull: { lease: 60 }, durability: "full" }]);
  expect(outcomes).toMatchObject([{ kind: "reloaded", needRestart: ["durability"] }]);
  await write("");
  await reloader.reload();
  expect(applied.at(-1)).toMatchObject({ pinned: [], pull: { lease: 300 } });
  expect(outcomes.at(-1)).toMatchObject({ kind: "reloaded", needRestart: [] });
});

test.for([
  { what: "a key that is not known", text: 'pinned = ["a*"]\n[pull]\nleese = "1m"' },
  { what: "what is no TOML", text: 'pinned = ["a*"' },
])("CFG-13: $what leaves everything as it was, and the next good file counts", async ({ text }) => {
  const { reloader, outcomes, applied, write } = await open("");
  await write(text);
  await reloader.reload();
  expect(applied).toEqual([]);
  expect(outcomes).toMatchObject([{ kind: "refused", error: { code: "invalid-argument" } }]);
  await write('pinned = ["b*"]');
  await reloader.reload();
  expect(applied).toMatchObject([{ pinned: ["b*"] }]);
});

test("what is refused when it is taken over is tried again, not forgotten", async () => {
  const { reloader, outcomes, applied, write } = await open("", { refuse: () => outcomes.length === 0 });
  await write('pinned = ["a*"]');
  await reloader.reload();
  expect(outcomes).toMatchObject([{ kind: "refused" }]);
  await reloader.reload();
  expect(applied).toHaveLength(1);
});

test("CFG-14: a burst of changes to the files is one reload, and a directory that comes later is seen", async () => {
  const { outcomes, applied, write } = await open("");
  for (const at of [1, 2, 3, 4, 5]) await write(`pinned = ["a${at}*"]`);
  await expect.poll(() => outcomes.length).toBe(1);
  expect(applied).toMatchObject([{ pinned: ["a5*"] }]);
  await write("[pull]\nlease = 1", "conf.d/late.toml");
  await expect.poll(() => outcomes.at(-1)?.kind).toBe("refused");
  await write('[pull]\nlease = "1s"', "conf.d/late.toml");
  await expect.poll(() => applied.at(-1)?.pull.lease).toBe(1);
});

test("what has changed before the watch began is taken over without another change", async () => {
  const { applied } = await open("", { meanwhile: (write) => write('pinned = ["a*"]') });
  await expect.poll(() => applied).toMatchObject([{ pinned: ["a*"] }]);
});

test.for(["noise.txt", "noise.toml"])(
  "whoever keeps writing %s beside the file does not hold up its change",
  async (name) => {
    const { directory, applied, write } = await open("");
    const noise = setInterval(() => void writeFile(join(directory, name), ""), 50);
    onTestFinished(() => clearInterval(noise));
    await write('pinned = ["a*"]');
    await expect.poll(() => applied).toMatchObject([{ pinned: ["a*"] }]);
  },
);

test("a change is seen behind links, of a file that was there and of one that comes", async () => {
  const { directory, applied, write } = await open("", { link: "elsewhere/one.conf" });
  await write('pinned = ["a*"]');
  await expect.poll(() => applied.at(-1)?.pinned).toEqual(["a*"]);
  await write('pinned = ["b*"]', "further/two.conf");
  await mkdir(join(directory, "conf.d"));
  await symlink("../further/two.conf", join(directory, "conf.d", "b.toml"));
  await expect.poll(() => applied.at(-1)?.pinned).toEqual(["b*"]);
  await write('pinned = ["c*"]', "further/two.conf");
  await expect.poll(() => applied.at(-1)?.pinned).toEqual(["c*"]);
});

test("a ConfigMap that is mounted is seen to change by its one link", async () => {
  const { directory, applied, write } = await open("", { link: "..data/stowage.toml" });
  await write('pinned = ["a*"]', "..2/stowage.toml");
  await symlink("..2", join(directory, "..data_tmp"));
  await rename(join(directory, "..data"), join(directory, "..1"));
  await rename(join(directory, "..data_tmp"), join(directory, "..data"));
  await expect.poll(() => applied.at(-1)?.pinned).toEqual(["a*"]);
});
