import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../run-command.test.fixture.ts";
import { openImages } from "./open-images.ts";

test("containers are the same, whether the store is opened here or a daemon holds it", async () => {
  const directory = await scratchDirectory();
  const at = (name: string) => join(directory, name);
  const [root, runRoot, address, config] = [at("store"), at("run"), at("s.sock"), at("config.toml")];
  await writeFile(config, `run_root = ${JSON.stringify(runRoot)}\n`);
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("small", "1", smallImage());
  const open = () => openImages({ config, root, address });
  const request = { podName: "web-0", podId: "pod", containerName: "k8s_web", id: "web", imageName: "small" };

  const own = await open();
  const image = await own.images.pull(parseReference(`${registry.host}/small:1`), { plainHttp: true });
  await own.containers.create({ ...request, imageId: image.id });
  const before = [await own.containers.list(), await own.containers.workDirectory("web")];
  await own[Symbol.asyncDispose]();

  const daemon = await startDaemon({ ...defaultSettings, root, runRoot, address });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  await using asked = await open();
  expect([await asked.containers.list(), await asked.containers.workDirectory("web")]).toEqual(before);
  await expect(asked.containers.create({ ...request, imageId: image.id })).rejects.toMatchObject({
    code: "already-exists",
  });
  await asked.containers.delete("web");
  expect(await asked.containers.list()).toEqual([]);
});
