import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defaultSettings } from "@stowage/config";
import { openStore } from "@stowage/core";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-maintain-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test("a daemon reads what images need after the machine went down, and says what is not what it was", async () => {
  const directory = await scratch();
  const root = join(directory, "store");
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("library/small", "1", smallImage());
  const store = await openStore({ root, registry: { plainHttp: [registry.host] } });
  await store.images.pull(parseReference(`${registry.host}/library/small:1`));
  await store.images.check({ level: "digests" });
  await store[Symbol.asyncDispose]();

  const home = join(root, "storage", "overlay");
  const [layer = ""] = (await readdir(home)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  await writeFile(join(home, layer, "diff", "intruder"), "");
  const database = new DatabaseSync(join(root, "stowage.db"));
  database.exec("INSERT INTO marks VALUES ('open-in-boot', 'an earlier one')");
  database.close();

  const damaged: { readonly resource: string; readonly why: string }[] = [];
  const settings = { ...defaultSettings, root, address: join(directory, "s.sock") };
  const daemon = await startDaemon(settings, { onDamage: (found) => damaged.push(found) });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  await expect.poll(() => damaged).toHaveLength(1);
  expect(damaged[0]).toMatchObject({
    resource: expect.stringMatching(/^layer sha256:/),
    why: expect.stringMatching(/^has \d+ files and directories of \d+$/),
  });
});
