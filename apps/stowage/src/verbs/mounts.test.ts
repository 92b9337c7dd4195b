import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeArtifact, smallImage } from "@stowage/image-fixtures";
import { describe, expect, test } from "vitest";
import { openPlace } from "../run-here.test.fixture.ts";

const unprivileged = process.getuid?.() !== 0;

const artifact = makeArtifact({
  artifactType: "application/vnd.test",
  files: [{ title: "chart", mediaType: "text/plain", content: "chart\n" }],
});

async function openMounts(held: { readonly daemon: boolean }) {
  const place = await openPlace(held);
  const target = join(place.directory, "rootfs");
  await mkdir(target);
  return { ...place, target, small: await place.pull("small", smallImage()) };
}

describe.skipIf(unprivileged).for([{ daemon: false }, { daemon: true }])(
  "with a daemon that holds the store: $daemon (needs root)",
  (held) => {
    test("what umount(8) has taken away is released, once", async () => {
      const { run, print, small, target, ask } = await openMounts(held);
      await print("mount", small, target);
      spawnSync("umount", [target]);
      const released = await run("unmount", target);
      expect(released).toMatchObject({ code: 0, err: expect.stringMatching(/^stowage: it was unmounted already; /) });
      expect(released.out.toString()).toBe(`${target}\n`);
      expect(await run("unmount", target)).toMatchObject({ code: 3, err: expect.stringContaining("no image of") });
      expect(await ask("rm", small)).toMatchObject([{ holders: expect.not.arrayContaining([`mount ${target}`]) }]);
    });

    test("a second image is not mounted over the first, which stays held", async () => {
      const { run, print, small, target, ask } = await openMounts(held);
      await print("mount", small, target);
      expect(await run("mount", small, target)).toMatchObject({
        code: 1,
        err: `stowage: Cannot mount at "${target}": an image is mounted there; unmount it first\n`,
      });
      expect(await ask("rm", small)).toMatchObject([{ holders: expect.arrayContaining([`mount ${target}`]) }]);
      expect(await readFile(join(target, "etc/motd"), "utf8")).toBe("All stowed\n");
      await print("unmount", target);
    });

    test("an image is not unmounted from under something else", async () => {
      const { run, print, small, target } = await openMounts(held);
      await print("mount", small, target);
      spawnSync("mount", ["-t", "tmpfs", "none", target]);
      expect(await run("unmount", target)).toMatchObject({ code: 1, err: expect.stringContaining("mounted over") });
      expect(await print("mount", "--format", "{{.target}}")).toBe("");
      spawnSync("umount", [target]);
      await print("unmount", target);
    });

    test("mounts are listed, and explained, beside images that cannot be mounted", async () => {
      const { registry, print, small, target, ask } = await openMounts(held);
      registry.putImage("artifact", "1", artifact);
      await print("pull", "--plain-http", "--quiet", `${registry.host}/artifact:1`);
      await print("mount", small, target);
      expect(await ask("mount")).toMatchObject([{ image: expect.stringMatching(/^sha256:/), target }]);
      expect(await ask("why", join(target, "etc"))).toMatchObject({
        kind: "mounted",
        images: [{ names: expect.arrayContaining([small]) }],
      });
      await print("unmount", target);
    });
  },
);

test.skipIf(unprivileged)("what the native snapshotter shows is listed and unmounted, too (needs root)", async () => {
  const { directory, registry, print } = await openPlace({ daemon: false });
  const [settings, target] = [join(directory, "stowage.toml"), join(directory, "rootfs")];
  await writeFile(settings, 'snapshotter = "native"\n');
  await mkdir(target);
  registry.putImage("small", "1", smallImage());
  const small = `${registry.host}/small:1`;
  await print("pull", "--plain-http", "--quiet", "--config", settings, small);
  await print("mount", "--config", settings, small, target);
  expect(await print("mount", "--config", settings, "--format", "{{.image}} {{.target}}")).toMatch(/^sha256:\w+ \//);
  await print("unmount", "--config", settings, target);
  expect(await print("mount", "--config", settings, "--json")).toBe("[]\n");
});
