import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { expect, onTestFinished, test } from "vitest";
import { readSettings, readSettingsSources } from "./index.ts";

async function scratch(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-settings-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "conf.d"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

test("what is in conf.d goes before the file beside it, by name", async () => {
  const directory = await scratch({
    "stowage.toml": 'root = "/a"\naddress = "/a.sock"\npull.lease = "1m"',
    "conf.d/20-b.toml": 'root = "/c"',
    "conf.d/10-a.toml": 'root = "/b"\naddress = "/b.sock"\npull.concurrent_layers = 2',
  });
  const path = join(directory, "stowage.toml");
  const { settings, files, watched, origins } = await readSettingsSources(path);
  expect(settings).toEqual({
    ...defaultSettings,
    root: "/c",
    address: "/b.sock",
    pull: { ...defaultSettings.pull, lease: 60, concurrentLayers: 2 },
  });
  expect(files).toEqual([path, join(directory, "conf.d/10-a.toml"), join(directory, "conf.d/20-b.toml")]);
  expect(watched).toEqual([directory, join(directory, "conf.d")]);
  expect(origins.get("root")).toBe(join(directory, "conf.d/20-b.toml"));
  expect(await readSettings(path)).toEqual(settings);
});

test("of conf.d only regular files count that end in .toml and are not hidden", async () => {
  const directory = await scratch({
    "stowage.toml": "",
    "conf.d/.hidden.toml": "mistake = 1",
    "conf.d/a.toml~": "mistake = 1",
    elsewhere: 'root = "/linked"',
  });
  await mkdir(join(directory, "conf.d", "directory.toml"));
  await mkdir(join(directory, "conf.d", "deeper"));
  await writeFile(join(directory, "conf.d", "deeper", "a.toml"), "mistake = 1");
  await symlink(join(directory, "elsewhere"), join(directory, "conf.d", "link.toml"));
  expect((await readSettings(join(directory, "stowage.toml"))).root).toBe("/linked");
});

test("a missing conf.d has no settings, a missing file that was named is a mistake", async () => {
  const directory = await scratch({ "stowage.toml": 'root = "/a"' });
  await rm(join(directory, "conf.d"), { recursive: true });
  expect((await readSettingsSources(join(directory, "stowage.toml"))).settings.root).toBe("/a");
  await expect(readSettings(join(directory, "other.toml"))).rejects.toMatchObject({ code: "invalid-argument" });
});

test.for([
  {
    file: "conf.d/a.toml",
    text: "\nrot = 1",
    says: /conf\.d\/a\.toml": line 2: there is no key "rot"; perhaps "root"$/,
  },
  {
    file: "conf.d/a.toml",
    text: `#${"x".repeat(1024 ** 2)}`,
    says: /conf\.d\/a\.toml": it is longer than 1048576 bytes$/,
  },
])("a mistake in $file is told with its name", async ({ file, text, says }) => {
  const directory = await scratch({ "stowage.toml": "", [file]: text });
  await expect(readSettings(join(directory, "stowage.toml"))).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringMatching(says),
  });
});

test("a link that leads nowhere is a mistake, not passed over", async () => {
  const directory = await scratch({ "stowage.toml": "" });
  await symlink("/nowhere/a.toml", join(directory, "conf.d", "a.toml"));
  await expect(readSettings(join(directory, "stowage.toml"))).rejects.toMatchObject({ code: "invalid-argument" });
});
