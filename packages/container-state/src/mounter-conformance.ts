import { mkdir, open as openFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MountArguments, Mounter } from "./mounter.ts";

/** What every `Mounter` promises, tried with real mounts. `open` gives one, and a directory that goes with the test. */
export function describeMounter(
  name: string,
  open: () => Promise<{ readonly mounter: Mounter; readonly directory: string }>,
): void {
  describe(`${name} keeps the promises of Mounter`, () => {
    test("mounts on a directory, which it makes, and says so until it is taken away", async () => {
      const { mounter, directory } = await open();
      const target = join(directory, "made", "here");
      expect(await mounter.isMounted(target)).toBe(false);
      await mounter.mount([tmpfs], target);
      expect(await mounter.isMounted(target)).toBe(true);
      await writeFile(join(target, "file"), "");
      await mounter.unmount(target);
      expect(await mounter.isMounted(target)).toBe(false);
      expect(await readdir(target)).toEqual([]);
      await mounter.unmount(target);
      await mounter.unmount(join(directory, "never"));
    });

    test("makes several, one on the other, or none", async () => {
      const { mounter, directory } = await open();
      const target = join(directory, "target");
      await mounter.mount([tmpfs, tmpfs], target);
      await mounter.unmount(target);
      expect(await mounter.isMounted(target)).toBe(false);
      await expect(mounter.mount([tmpfs, { ...tmpfs, type: "nonsense" }], target)).rejects.toThrow("target");
      expect(await mounter.isMounted(target)).toBe(false);
    });

    test("takes away what is below, and leaves what has a longer name beside it", async () => {
      const { mounter, directory } = await open();
      const [target, beside] = [join(directory, "one"), join(directory, "one-more")];
      await mounter.mount([tmpfs], beside);
      await mounter.mount([tmpfs], target);
      await mounter.mount([tmpfs], join(target, "below"));
      await mounter.unmount(target);
      expect(await mounter.isMounted(target)).toBe(false);
      expect(await mounter.isMounted(beside)).toBe(true);
      await mounter.unmount(directory);
      expect(await mounter.isMounted(beside)).toBe(false);
    });

    test("takes away what is in use, and its user goes on", async () => {
      const { mounter, directory } = await open();
      const target = join(directory, "busy");
      await mounter.mount([tmpfs], target);
      await mkdir(join(target, "deep"));
      await writeFile(join(target, "deep", "log"), "written");
      await using file = await openFile(join(target, "deep", "log"), "r");
      await mounter.unmount(target);
      expect(await mounter.isMounted(target)).toBe(false);
      expect(await readFile(file, "utf8")).toBe("written");
    });

    test("stops with the reason of the signal and mounts nothing", async () => {
      const { mounter, directory } = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      const target = join(directory, "target");
      await expect(mounter.mount([tmpfs], target, { signal })).rejects.toBe(signal.reason);
      expect(await mounter.isMounted(target)).toBe(false);
    });
  });
}

const tmpfs: MountArguments = { type: "tmpfs", source: "tmpfs", options: ["size=64k"] };
