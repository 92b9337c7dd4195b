import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defaultSettings } from "@stowage/config";
import { kernelMounter } from "@stowage/container-fs";
import type { ContainerRequest } from "@stowage/containers";
import { smallImage } from "@stowage/image-fixtures";
import type { Image } from "@stowage/images";
import { parseReference } from "@stowage/reference";
import type { FakeRegistry, FakeRegistryOptions } from "@stowage/registry-fake";
import { onTestFinished } from "vitest";
import { openStore, type Store, type StoreSettings } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

/** A machine with a registry that has one small image, and a place for a store. */
export interface Machine {
  readonly registry: FakeRegistry;
  /** The image, as somebody asks for it. */
  readonly imageName: string;
  readonly root: string;
  readonly runRoot: string;
  /** Opens the store, in which a finished pull holds nothing. */
  readonly open: (settings?: Partial<StoreSettings>) => Promise<Store>;
  /** Does to the store, which is closed, what a boot of the machine does; where it is `unclean`, it was open then. */
  readonly reboot: (how?: "unclean") => Promise<void>;
}

export async function startMachine(options?: FakeRegistryOptions): Promise<Machine> {
  const registry = await scratchRegistry(options);
  registry.putImage("library/small", "1", smallImage());
  const directory = await scratchDirectory();
  const [root, runRoot] = [join(directory, "store"), join(directory, "run")];
  onTestFinished(() => kernelMounter.unmount(runRoot));
  const open = async (settings: Partial<StoreSettings> = {}): Promise<Store> => {
    const store = await openStore({ root, runRoot, pull: { ...defaultSettings.pull, lease: 0 }, ...settings });
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  };
  const reboot = async (how?: "unclean"): Promise<void> => {
    await kernelMounter.unmount(runRoot);
    await rm(runRoot, { recursive: true, force: true });
    await endBoot(root);
    if (how === "unclean") inDatabase(root, "INSERT OR REPLACE INTO marks VALUES ('open-in-boot', 'an earlier one')");
  };
  return { registry, imageName: `${registry.host}/library/small:1`, root, runRoot, open, reboot };
}

/** Changes what the index says, behind its back. */
export function inDatabase(root: string, sql: string): void {
  using database = new DatabaseSync(join(root, "stowage.db"));
  database.exec(sql);
}

/** Everything that says of which boot it is says that of one that is over. */
async function endBoot(root: string): Promise<void> {
  inDatabase(root, "UPDATE containers SET record = json_set(record, '$.boot', 'an earlier one')");
  const writables = join(root, "storage", "writable");
  for (const key of await readdir(writables)) {
    const path = join(writables, key, "stowage.json");
    const record: object = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...record, boot: "an earlier one" }));
  }
}

/** An open store with the image in it. */
export async function pulled(machine: Machine): Promise<{ readonly store: Store; readonly image: Image }> {
  const store = await machine.open();
  return { store, image: await store.images.pull(parseReference(machine.imageName)) };
}

/** What creates the container `id`, of the image, in the pod `web-0`. */
export function requestFor(image: Image, id = "web"): ContainerRequest {
  const containerName = `k8s_${id}_web-0_default`;
  return { podName: "web-0", podId: "pod", containerName, id, imageName: "small", imageId: image.id };
}
