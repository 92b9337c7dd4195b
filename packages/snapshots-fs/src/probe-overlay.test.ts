import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mount, openDetachedOverlay, unmount } from "@stowage/linux";
import { expect, onTestFinished, test } from "vitest";
import { openSnapshotter, probeOverlay } from "./index.ts";
import { isVolatileKnown } from "./probe-overlay.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

async function scratch(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "stowage-probe-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** A directory on a file system of its own, which goes with the test. */
async function mounted(type: string, options: readonly string[]): Promise<string> {
  const target = await scratch();
  mount({ type, source: type, target, options });
  onTestFinished(() => unmount(target, { lazy: true }));
  return target;
}

privileged("finds that overlays work here, and leaves nothing (needs root)", async () => {
  const directory = join(await scratch(), "a:b,c\\d");
  await mkdir(directory);
  expect(await probeOverlay(directory)).toMatchObject({
    kind: "usable",
    features: { attributes: "trusted", volatile: true },
  });
  expect(await readdir(directory)).toEqual([]);
});

privileged(
  "opens no store on a file system without overlays, and names the setting that helps (needs root)",
  async () => {
    const lower = await scratch();
    const upper = await scratch();
    for (const name of ["diff", "work"]) await mkdir(join(upper, name));
    const options = [`lowerdir=${lower}`, `upperdir=${upper}/diff`, `workdir=${upper}/work`];
    const directory = await mounted("overlay", options);
    expect(await probeOverlay(directory)).toMatchObject({ kind: "unusable" });
    await expect(
      openSnapshotter(join(directory, "storage"), { trash: join(directory, "trash") }),
    ).rejects.toMatchObject({
      code: "failed-precondition",
      message: expect.stringContaining('snapshotter = "native"'),
    });
  },
);

privileged("finds that a kernel keeps overlays for itself where it may not tell (needs root)", async () => {
  const directory = await scratch();
  execFileSync("chown", ["65534:65534", directory]);
  execFileSync("chmod", ["755", directory]);
  const module = JSON.stringify(new URL("./index.ts", import.meta.url).href);
  const script = `import(${module}).then(async ({ probeOverlay }) => console.log((await probeOverlay(process.argv[1])).kind))`;
  const arguments_ = ["--reuid=65534", "--clear-groups", process.execPath, "--conditions=@stowage/source", "-e"];
  const told = execFileSync("setpriv", [...arguments_, script, directory], { encoding: "utf8" });
  expect(told).toBe("untold\n");
  expect(await readdir(directory)).toEqual([]);
});

test.for([
  { kernel: "5.9.16-generic", known: false },
  { kernel: "5.10", known: true },
  { kernel: "6.1.0-13-amd64", known: true },
  { kernel: "4.18.0", known: false },
])("Linux $kernel mounts volatile overlays: $known", ({ kernel, known }) => {
  expect(isVolatileKnown(kernel)).toBe(known);
});

test("says that a directory to try it in is missing", async () => {
  expect(await probeOverlay("/nonexistent")).toMatchObject({ kind: "untold", cause: { code: "ENOENT" } });
});

privileged("an overlay that is mounted nowhere is read-only where it is asked to be (needs root)", async () => {
  const [one, two] = [await scratch(), await scratch()];
  using overlay = openDetachedOverlay(["ro", `lowerdir=${one}:${two}`]);
  await expect(mkdir(`${overlay.path}/new`)).rejects.toMatchObject({ code: "EROFS" });
});
