import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { busyboxImage, type PlatformRecipe } from "@stowage/image-fixtures";
import { readMounts, unmount } from "@stowage/linux";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPlace, type Place } from "./run-here.test.fixture.ts";

const run = promisify(execFile);
const needsRoot = process.getuid?.() !== 0;

/** What a runtime prints, on a machine with one kind of cgroups, whichever this one has. */
async function runBundle(runtime: string, bundle: string): Promise<string> {
  const hide = existsSync("/sys/fs/cgroup/unified") ? "umount /sys/fs/cgroup/unified; " : "";
  const script = `${hide}exec ${runtime} run --bundle "$1" "$2"`;
  const args = [
    "--mount",
    "--propagation",
    "slave",
    "sh",
    "-c",
    script,
    "sh",
    bundle,
    `test-${process.hrtime.bigint()}`,
  ];
  return (await run("unshare", args)).stdout;
}

async function stocked({ daemon }: { readonly daemon: boolean }, recipe: Partial<PlatformRecipe> = {}) {
  const place = await openPlace({ daemon });
  onTestFinished(() => {
    for (const { target } of readMounts())
      if (target.startsWith(`${place.directory}/`)) unmount(target, { lazy: true });
  });
  const busybox = readFileSync("/bin/busybox");
  const name = await place.pull("box", busyboxImage(busybox, { config: { Cmd: ["sh"] }, ...recipe }));
  const bundleAt = (at: string): string => join(place.directory, "out", at);
  const make = async (at: string, ...args: readonly string[]): Promise<string> =>
    (await place.print("bundle", name, bundleAt(at), ...args)).trimEnd();
  return { place, name, make, bundleAt };
}

const listed = async (place: Place): Promise<unknown> => await place.ask("containers");

describe.skipIf(needsRoot)("a bundle (needs root)", () => {
  test.for([
    { runtime: "crun", daemon: false },
    { runtime: "runc", daemon: true },
  ])("is run by $runtime (daemon: $daemon), and what it writes stays in its own layer", async ({ runtime, daemon }) => {
    const { place, name, make } = await stocked({ daemon });
    const command = ["--", "sh", "-c", "cat /etc/motd; ls /etc/gone 2>&1; echo mine >> /etc/motd; cat /etc/motd"];
    const [one, other] = [await make("one", ...command), await make("other", ...command)];
    expect(await runBundle(runtime, one)).toBe("above\nls: /etc/gone: No such file or directory\nabove\nmine\n");
    expect(await runBundle(runtime, one)).toContain("above\nmine\nmine\n");
    expect(await runBundle(runtime, other)).toContain("above\nmine\n");
    expect(await place.print("cat", `${name}:/etc/motd`)).toBe("above\n");
    expect(await listed(place)).toMatchObject([
      { imageName: name, state: "mounted" },
      { imageName: name, state: "mounted" },
    ]);
    await place.print("unbundle", one, other);
    expect(await listed(place)).toEqual([]);
    expect(await readdir(join(place.directory, "out"))).toEqual([]);
  });

  test("keeps the layers of its image until it is taken away", async () => {
    const { place, name, make } = await stocked({ daemon: false });
    const bundle = await make("kept", "--", "cat", "/etc/motd");
    const { container } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")).annotations;
    expect(container).toBeUndefined();
    expect((await place.run("rm", name)).err).not.toContain("freed 0 B\n");
    expect(await runBundle("crun", bundle)).toBe("above\n");
    await place.print("unbundle", bundle);
    await place.print("gc");
    expect(await place.ask("df")).toMatchObject({ unaccounted: { bytes: 0 } });
    expect(await readdir(join(place.directory, "store/storage/overlay"))).toEqual(["l", "staging"]);
  });

  test.for([
    { what: "the image's", user: "app", options: [], is: "uid=1000(app) gid=1001(app) groups=1001(app),2000(extra)" },
    { what: "another", user: "app", options: ["--user", "0"], is: "uid=0(root) gid=0(root)" },
    { what: "one of numbers", user: "", options: ["--user", "7:8"], is: "uid=7 gid=8" },
    {
      what: "one with a group of the image",
      user: "",
      options: ["-u", "app:extra"],
      is: "uid=1000(app) gid=2000(extra)",
    },
  ])("runs as $what user", async ({ user, options, is }) => {
    const { make } = await stocked({ daemon: false }, { user });
    expect(await runBundle("crun", await make("user", ...options, "--", "id"))).toContain(is);
  });

  test("has the image's environment and working directory, and what is said over them", async () => {
    const config = { Cmd: ["sh", "-c", "pwd; echo $A $B $HOME"], Env: ["PATH=/bin", "A=1", "B=1"], WorkingDir: "/tmp" };
    const { make } = await stocked({ daemon: false }, { config });
    expect(await runBundle("runc", await make("own"))).toBe("/tmp\n1 1 /\n");
    expect(await runBundle("runc", await make("said", "-e", "B=2", "-w", "/etc"))).toBe("/etc\n1 2 /\n");
  });

  test("lets nothing be written where that is said", async () => {
    const { make } = await stocked({ daemon: false });
    const bundle = await make("closed", "--read-only", "--", "sh", "-c", "touch /new 2>&1 || true");
    expect(await runBundle("crun", bundle)).toContain("Read-only file system");
  });

  test.for([
    { what: "a user that the image does not have", args: ["--user", "nobody"], code: 3, says: 'no user "nobody"' },
    { what: "a working directory that is not absolute", args: ["--workdir", "tmp"], code: 2, says: "an absolute path" },
    { what: "a variable that is none", args: ["--env", "A"], code: 2, says: "expected NAME=value" },
  ])("is not made with $what, and leaves nothing", async ({ args, code, says }) => {
    const { place, name, bundleAt } = await stocked({ daemon: false });
    const ended = await place.run("bundle", name, bundleAt("odd"), ...args);
    expect(ended).toMatchObject({ code, err: expect.stringContaining(says) });
    expect(await listed(place)).toEqual([]);
    expect(await readdir(join(place.directory, "out"))).toEqual([]);
  });

  test("a copy of a bundle, and one of another store, take nothing away", async () => {
    const { place, make, bundleAt } = await stocked({ daemon: false });
    const bundle = await make("one");
    await cp(bundle, bundleAt("copy"), { recursive: true });
    expect(await place.run("unbundle", bundleAt("copy"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("a copy"),
    });
    const other = await openPlace({ daemon: false });
    expect(await other.run("unbundle", bundle)).toMatchObject({ code: 3 });
    expect(await listed(place)).toMatchObject([{ state: "mounted" }]);
    await rename(bundle, bundleAt("moved"));
    await place.print("unbundle", bundleAt("moved"));
    expect(await listed(place)).toEqual([]);
  });

  test("opens no device of an image to find its users", async () => {
    const files = [{ kind: "character" as const, name: "etc/passwd", deviceMajor: 10, deviceMinor: 200 }];
    const { place, name, bundleAt } = await stocked(
      { daemon: false },
      { layers: [{ files }], config: { Cmd: ["sh"] } },
    );
    const ended = await place.run("bundle", name, bundleAt("odd"));
    expect(ended).toMatchObject({
      code: 2,
      err: expect.stringContaining('"/etc/passwd" of the image: it is a character'),
    });
  });

  test("is mounted again, with all that was written in it, where a boot has left it unmounted", async () => {
    const { place, name, make, bundleAt } = await stocked({ daemon: false });
    const bundle = await make("app", "--", "sh", "-c", "cat /new || echo first > /new");
    await runBundle("crun", bundle);
    const { root } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"));
    await run("umount", [root.path]);
    await place.print("rm", name);
    expect(await listed(place)).toMatchObject([{ state: "created" }]);
    expect(await place.ask("bundle", name, bundleAt("app"))).toMatchObject({ rootfs: root.path });
    expect(await runBundle("crun", bundle)).toBe("first\n");
    await place.print("unbundle", bundle);
  });

  test("is made over no other, and taken away by nobody else's config.json", async () => {
    const { place, name, make, bundleAt } = await stocked({ daemon: false });
    const bundle = await make("one");
    expect(await place.run("bundle", name, bundle)).toMatchObject({
      code: 1,
      err: expect.stringContaining("config.json"),
    });
    await place.print("unbundle", bundle);
    await place.print("bundle", name, bundleAt("two"));
    await writeFile(join(bundleAt("two"), "config.json"), "{}");
    expect(await place.run("unbundle", bundleAt("two"))).toMatchObject({ code: 3 });
    expect(await place.run("unbundle", bundleAt("none"))).toMatchObject({ code: 3 });
  });

  test("is not made of an image without a command", async () => {
    const { place, name, bundleAt } = await stocked({ daemon: false }, { config: {} });
    const ended = await place.run("bundle", name, bundleAt("odd"));
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("say what to run") });
  });
});
