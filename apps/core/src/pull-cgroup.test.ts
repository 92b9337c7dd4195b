import { randomBytes, randomUUID } from "node:crypto";
import { accessSync, constants, readFileSync, rmdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { makeImage } from "@stowage/image-fixtures";
import { cgroupHierarchies, readMounts } from "@stowage/linux";
import { parseReference } from "@stowage/reference";
import { trickle, when } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const hierarchies = cgroupHierarchies(readMounts());

test.skipIf(!mayMakeCgroups())(
  "layers are unpacked by a process in the cgroup that is set, which is gone with the store (needs cgroups)",
  async () => {
    const cgroup = `/stowage-test-${randomUUID()}`;
    onTestFinished(() => hierarchies.forEach((hierarchy) => rmdirSync(join(hierarchy, cgroup))));
    const membersIn = (hierarchy: string): string => readFileSync(join(hierarchy, cgroup, "cgroup.procs"), "utf8");
    const content = randomBytes(60_000);
    const layers = [{ files: [{ kind: "file" as const, name: "big", content }] }];
    const image = makeImage({ platforms: ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers })) });
    const registry = await scratchRegistry();
    registry.putImage("team/app", "v1", image);
    registry.wrap(when(new RegExp(String(image.platforms[0]?.layers[0]?.descriptor.digest)), trickle(60_000)));
    const root = await scratchDirectory();
    const members = new Set<string>();
    {
      await using store = await openStore({ root, pull: { ...defaultSettings.pull, cgroup }, durability: "relaxed" });
      const onProgress = (): void => {
        if (members.size === 0 && isMade(cgroup)) for (const each of hierarchies) members.add(membersIn(each));
        if (members.has("")) members.clear();
      };
      await store.images.pull(parseReference(`${registry.host}/team/app:v1`), { onProgress });
    }
    expect([...members]).toEqual([expect.stringMatching(/^\d+\n$/)]);
    expect(members).not.toContain(`${process.pid}\n`);
    expect(hierarchies.map(membersIn)).toEqual(hierarchies.map(() => ""));
    const overlay = join(root, "storage", "overlay");
    const [layer = ""] = (await readdir(overlay)).filter((name) => name.length === 64);
    expect((await readFile(join(overlay, layer, "diff", "big"))).equals(content)).toBe(true);
  },
);

function isMade(cgroup: string): boolean {
  try {
    for (const hierarchy of hierarchies) accessSync(join(hierarchy, cgroup, "cgroup.procs"));
    return true;
  } catch {
    return false;
  }
}

function mayMakeCgroups(): boolean {
  try {
    for (const hierarchy of hierarchies) accessSync(hierarchy, constants.W_OK);
    return hierarchies.length > 0 && process.getuid?.() === 0;
  } catch {
    return false;
  }
}
