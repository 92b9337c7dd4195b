import { mkdir, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ContainerPlaces } from "./container-places.ts";

export interface PlacesFixture {
  readonly places: ContainerPlaces;
  /** Does to what is below the run root what a boot does. */
  readonly reboot: () => Promise<void>;
}

/** What every `ContainerPlaces` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeContainerPlaces(name: string, open: () => Promise<PlacesFixture>): void {
  describe(`${name} keeps the promises of ContainerPlaces`, () => {
    test("makes directories for their owner alone, once, and tells them apart", async () => {
      const { places } = await open();
      expect(await places.list()).toEqual([]);
      const all = [
        await places.workDirectory("web"),
        await places.runDirectory("web"),
        await places.workDirectory("db"),
      ];
      expect(new Set([...all, places.rootfs("web")]).size).toBe(4);
      for (const path of all) expect((await stat(path)).mode & 0o7777).toBe(0o700);
      await writeFile(join(await places.workDirectory("web"), "note"), "kept");
      expect(await readdir(await places.workDirectory("web"))).toEqual(["note"]);
      expect((await places.list()).toSorted()).toEqual(["db", "web"]);
    });

    test("keeps work over a boot, and nothing of a run", async () => {
      const { places, reboot } = await open();
      await writeFile(join(await places.workDirectory("web"), "note"), "");
      await writeFile(join(await places.runDirectory("web"), "pid"), "");
      await reboot();
      expect(await readdir(await places.workDirectory("web"))).toEqual(["note"]);
      expect(await readdir(await places.runDirectory("web"))).toEqual([]);
    });

    test("removes all of one container, once, and nothing of others", async () => {
      const { places } = await open();
      for (const id of ["web", "db"]) await places.workDirectory(id);
      const run = await places.runDirectory("web");
      await mkdir(join(run, "deep"));
      await writeFile(Buffer.concat([Buffer.from(`${run}/deep/`), Buffer.from([0xff])]), "");
      await mkdir(places.rootfs("web"), { recursive: true });
      await places.remove("web");
      await places.remove("web");
      for (const path of places.directoriesOf("web"))
        await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await places.list()).toEqual(["db"]);
    });

    test.skipIf(process.getuid?.() !== 0)(
      "lets a group through to the root filesystem alone (needs root)",
      async () => {
        const { places } = await open();
        await places.letThrough("web", 100_000);
        expect(await stat(dirname(places.rootfs("web")))).toMatchObject({ uid: 0, gid: 100_000 });
        expect((await stat(dirname(places.rootfs("web")))).mode & 0o7777).toBe(0o710);
        for (const path of [await places.runDirectory("web"), await places.workDirectory("web")])
          expect((await stat(path)).mode & 0o7777).toBe(0o700);
      },
    );

    test("everything of a container is in its directories", async () => {
      const { places } = await open();
      const all = [await places.workDirectory("web"), await places.runDirectory("web"), places.rootfs("web")];
      const directories = places.directoriesOf("web");
      for (const path of all) expect(directories.some((each) => `${path}/`.startsWith(`${each}/`))).toBe(true);
    });

    test("follows no link, be it put in the place of a directory or into it", async () => {
      const { places } = await open();
      const elsewhere = await places.workDirectory("other");
      await writeFile(join(elsewhere, "precious"), "");
      const run = await places.runDirectory("web");
      await symlink(elsewhere, join(run, "link"));
      const work = await places.workDirectory("web");
      await rm(work, { recursive: true });
      await mkdir(dirname(work), { recursive: true });
      await symlink(elsewhere, work);
      await expect(places.workDirectory("web")).rejects.toMatchObject({ code: "failed-precondition" });
      expect(await readlink(work)).toBe(elsewhere);
      await places.remove("web");
      expect(await readdir(elsewhere)).toEqual(["precious"]);
    });

    test.for(["", ".", "..", ".hidden", "a/b", "../web", "a b", "é", "a\0", "x".repeat(119)])(
      "refuses %j, which can be no id",
      async (id) => {
        const { places } = await open();
        const invalid = { code: "invalid-argument", message: expect.stringContaining("invalid container ID") };
        await expect(places.workDirectory(id)).rejects.toMatchObject(invalid);
        await expect(places.runDirectory(id)).rejects.toMatchObject(invalid);
        await expect(places.remove(id)).rejects.toMatchObject(invalid);
        expect(() => places.rootfs(id)).toThrow(expect.objectContaining(invalid));
        expect(await places.list()).toEqual([]);
      },
    );

    test("stops with the reason of the signal and makes nothing", async () => {
      const { places } = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(places.workDirectory("web", { signal })).rejects.toBe(signal.reason);
      await expect(places.runDirectory("web", { signal })).rejects.toBe(signal.reason);
      expect(await places.list()).toEqual([]);
    });
  });
}
