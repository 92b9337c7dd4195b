import { mkdir, mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeContainerPlaces, describeMounter } from "@stowage/container-state/conformance";
import { expect, onTestFinished, test } from "vitest";
import { kernelMounter, openContainerDirectories } from "./index.ts";

const needsRoot = process.getuid?.() !== 0;

/** A directory that goes with the test, and what is mounted in it before. */
async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-containers-"));
  onTestFinished(async () => {
    await kernelMounter.unmount(directory);
    await rm(directory, { recursive: true });
  });
  return directory;
}

describeContainerPlaces("ContainerDirectories", async () => {
  const directory = await scratch();
  const run = join(directory, "run", "stowage");
  const places = openContainerDirectories({ work: join(directory, "root", "containers"), run });
  return { places, reboot: () => rm(join(directory, "run"), { recursive: true }) };
});

if (!needsRoot) {
  describeMounter("kernelMounter", async () => ({ mounter: kernelMounter, directory: await scratch() }));
}

const privileged = test.skipIf(needsRoot);
const tmpfs = { type: "tmpfs", source: "tmpfs", options: ["size=64k"] };

privileged("removes nothing into which something is mounted (needs root)", async () => {
  const directory = await scratch();
  const places = openContainerDirectories({ work: join(directory, "work"), run: join(directory, "run") });
  const shared = join(await places.runDirectory("web"), "shm");
  await kernelMounter.mount([tmpfs], shared);
  await mkdir(join(shared, "in use"));
  await expect(places.remove("web")).rejects.toMatchObject({ code: "failed-precondition" });
  expect(await readdir(shared)).toEqual(["in use"]);
  for (const path of places.directoriesOf("web")) await kernelMounter.unmount(path);
  await places.remove("web");
  expect(await places.list()).toEqual([]);
});

privileged("knows a mount by whatever links lead to it (needs root)", async () => {
  const directory = await scratch();
  await mkdir(join(directory, "real"));
  await symlink("real", join(directory, "link"));
  const target = join(directory, "link", "rootfs");
  await kernelMounter.mount([tmpfs], target);
  expect(await kernelMounter.isMounted(target)).toBe(true);
  await kernelMounter.unmount(join(directory, "link", "rootfs"));
  expect(await kernelMounter.isMounted(join(directory, "real", "rootfs"))).toBe(false);
});

privileged("mounts on no link (needs root)", async () => {
  const directory = await scratch();
  await mkdir(join(directory, "elsewhere"));
  await symlink("elsewhere", join(directory, "target"));
  await expect(kernelMounter.mount([tmpfs], join(directory, "target"))).rejects.toMatchObject({
    code: "failed-precondition",
  });
  expect(await kernelMounter.isMounted(join(directory, "elsewhere"))).toBe(false);
});

test("others can come through the run root, and not into what is a container's", async () => {
  const directory = await scratch();
  const run = join(directory, "run", "stowage");
  const places = openContainerDirectories({ work: join(directory, "work"), run });
  await places.runDirectory("web");
  expect((await stat(join(directory, "run"))).mode & 0o777).toBe(0o711);
  expect((await stat(join(run, "web"))).mode & 0o777).toBe(0o700);
});
