import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { defaultSettings } from "@stowage/config";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  stallAfter,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { describe, expect, onTestFinished, test } from "vitest";
import { main, runCommand, scratchDirectory, startCommand } from "./run-command.test.fixture.ts";

const unprivileged = process.getuid?.() !== 0;

async function offer(options?: FakeRegistryOptions): Promise<{ registry: FakeRegistry; image: string }> {
  const registry = await startRegistry(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("library/small", "1", smallImage());
  return { registry, image: `${registry.host}/library/small:1` };
}

/** The options that name a fresh store, with a daemon that holds it or without. */
async function openPlace({
  daemon,
}: {
  readonly daemon: boolean;
}): Promise<{ place: readonly string[]; directory: string }> {
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  if (daemon) {
    const running = await startDaemon({ ...defaultSettings, root, address });
    onTestFinished(() => running[Symbol.asyncDispose]());
  }
  return { place: ["--root", root, "--address", address], directory };
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", ({ daemon }) => {
  test("pulls, lists, inspects and removes an image, in words and in JSON", async () => {
    const { image } = await offer();
    const { place } = await openPlace({ daemon });
    const pulled = await runCommand(["pull", ...place, "--plain-http", image]);
    expect(pulled).toMatchObject({ code: 0, out: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
    expect(pulled.err).toMatch(/^Pulled 127\.0\.0\.1:\d+\/library\/small:1: \d+ B in \d\.\ds, .*\/s\n$/);
    const id = pulled.out.trim();

    const listed = await runCommand(["images", ...place]);
    expect(listed.err).toBe("");
    expect(listed.out.split("\n")).toEqual([
      expect.stringMatching(/^REPOSITORY +TAG +IMAGE ID +SIZE +PULLED$/),
      expect.stringMatching(
        new RegExp(`^${image.slice(0, -2)} +1 +${id.slice(7, 19)} +\\d+\\.\\d KiB +\\d+ seconds? ago$`),
      ),
      "",
    ]);

    const inspected = await runCommand(["inspect", ...place, "--json", id.slice(7, 17)]);
    expect(JSON.parse(inspected.out)).toMatchObject({
      id,
      tags: [image],
      user: "1000:1000",
      imageConfig: { rootfs: { type: "layers" } },
    });
    const [known, ...others] = JSON.parse((await runCommand(["images", ...place, "--json"])).out);
    expect(others).toEqual([]);
    expect(JSON.parse(inspected.out)).toMatchObject(known);
    expect((await runCommand(["inspect", ...place, image])).out).toContain(`id        ${id}\n`);

    expect(await runCommand(["rm", ...place, image])).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining(id),
    });
    expect(JSON.parse((await runCommand(["images", ...place, "--json"])).out)).toEqual([]);
  });

  test.skipIf(unprivileged)("mounts the root file system and unmounts it (needs root)", async () => {
    const { image } = await offer();
    const { place, directory } = await openPlace({ daemon });
    const target = join(directory, "rootfs");
    await mkdir(target);
    await runCommand(["pull", ...place, "--plain-http", "--quiet", image]);
    expect(await runCommand(["mount", ...place, image, target])).toMatchObject({
      code: 0,
      err: "",
      out: `${target}\n`,
    });
    expect(await readFile(join(target, "etc/motd"), "utf8")).toBe("All stowed\n");
    expect(JSON.parse((await runCommand(["mount", ...place, "--json"])).out)).toEqual([
      { image: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), target },
    ]);
    expect((await runCommand(["mount", ...place])).out).toMatch(
      /^IMAGE +MOUNTED AT\n127\.0\.0\.1:\d+\/library\/small:1 +\//,
    );
    await expect(writeFile(join(target, "new"), "")).rejects.toMatchObject({ code: "EROFS" });
    expect(JSON.parse((await runCommand(["unmount", ...place, "--json", target])).out)).toEqual({ target });
    expect(existsSync(join(target, "etc"))).toBe(false);
    expect(await runCommand(["unmount", ...place, target])).toMatchObject({
      code: 3,
      err: expect.stringContaining("no image"),
    });
  });

  test.for([
    { what: "a tag that is not there", name: "library/small:2", code: 3, says: /^stowage: Cannot pull .*small:2: / },
    { what: "a repository that is not there", name: "library/none:1", code: 3, says: /^stowage: Cannot pull / },
  ])("says of $what that it is not there, in one line", async ({ name, code, says }) => {
    const { registry } = await offer();
    const { place } = await openPlace({ daemon });
    const ended = await runCommand(["pull", ...place, "--plain-http", "--quiet", `${registry.host}/${name}`]);
    expect(ended).toMatchObject({ code, out: "", err: expect.stringMatching(says) });
    expect(ended.err.trimEnd()).not.toContain("\n");
  });

  test("pulls with a credential from the command line or from a file, and says when it is refused", async () => {
    const { registry, image } = await offer({ authentication: { kind: "basic", users: { user: "canary" } } });
    const { place, directory } = await openPlace({ daemon });
    const pull = ["pull", ...place, "--plain-http", "--quiet"];
    const refused = await runCommand([...pull, image]);
    expect(refused).toMatchObject({ code: 4, out: "" });
    const wrong = await runCommand([...pull, "--creds", "user:canary-wrong", image]);
    expect(wrong.code).toBe(4);
    expect(wrong.err).not.toContain("canary");
    expect(await runCommand([...pull, "--creds", "user:canary", image])).toMatchObject({ code: 0, err: "" });
    const authfile = join(directory, "auth.json");
    const auth = Buffer.from("user:canary").toString("base64");
    await writeFile(authfile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    expect(await runCommand([...pull, "--authfile", authfile, image])).toMatchObject({ code: 0, err: "" });
  });

  test("says of an image that is not here that it is not here", async () => {
    const { place } = await openPlace({ daemon });
    for (const verb of ["inspect", "rm"]) {
      expect(await runCommand([verb, ...place, "nothing:1"])).toMatchObject({
        code: 3,
        out: "",
        err: expect.stringContaining('"nothing:1"'),
      });
    }
  });

  test("an interrupt ends a pull cleanly, and no image is listed", async () => {
    const { registry, image } = await offer();
    const fault = registry.wrap(when(/blobs/, stallAfter(1)));
    const { place } = await openPlace({ daemon });
    const child = startCommand(["pull", ...place, "--plain-http", image]);
    const [err, out] = [text(child.stderr), text(child.stdout)];
    await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
    expect(await out).toBe("");
    expect(await err).toMatch(/stowage: stopped; .*\n$/);
    fault[Symbol.dispose]();
    expect(JSON.parse((await runCommand(["images", ...place, "--json"])).out)).toEqual([]);
    expect(await runCommand(["pull", ...place, "--plain-http", "--quiet", image])).toMatchObject({ code: 0 });
  });
});

test.for([
  { args: ["pull", "lower/UPPER"], code: 2, says: /^stowage: Cannot parse/ },
  { args: ["pull", "--platform", "linux", "x"], code: 2, says: /^stowage: Cannot parse platform "linux"/ },
  { args: ["pull", "127.0.0.1:1/x:1", "--quiet"], code: 5, says: /^stowage: Cannot pull 127\.0\.0\.1:1\/x:1: / },
  { args: ["pull", "registry.invalid/x:1", "--quiet"], code: 5, says: /registry\.invalid/ },
  { args: ["pull"], code: 2, says: /^stowage: missing required argument 'image'/ },
  { args: ["pul", "x"], code: 2, says: /pull/ },
  {
    args: ["mount", "x", "/etc/passwd"],
    code: 2,
    says: /^stowage: Cannot mount at "\/etc\/passwd": it is no directory/,
  },
  { args: ["images", "--config", "/nowhere.toml"], code: 2, says: /^stowage: Cannot read settings "\/nowhere\.toml"/ },
])("$args ends with code $code and says why", async ({ args, code, says }) => {
  const { place } = await openPlace({ daemon: false });
  expect(await runCommand([...args, ...place])).toMatchObject({ code, out: "", err: expect.stringMatching(says) });
});

test("a registry that is down is told apart by its exit code", async () => {
  const { registry, image } = await offer();
  registry.wrap(status(502));
  const { place } = await openPlace({ daemon: false });
  expect(await runCommand(["pull", ...place, "--quiet", image])).toMatchObject({
    code: 5,
    err: expect.stringContaining("502"),
  });
});

test("a store that is held by somebody who does not answer is not waited for", async () => {
  const { place, directory } = await openPlace({ daemon: true });
  const elsewhere = join(directory, "nobody.sock");
  const ended = await runCommand(["images", ...place.slice(0, 2), "--address", elsewhere]);
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining(`process ${process.pid} holds the store`) });
  expect(await runCommand(["images", "--address", elsewhere])).toMatchObject({
    code: 1,
    err: expect.stringContaining("no daemon answers"),
  });
});

test.skipIf(unprivileged)(
  "an ordinary user pulls and removes an image, without its owners and devices (needs root to become one)",
  async () => {
    const { registry } = await offer();
    const files = [
      { kind: "directory" as const, name: "closed/", mode: 0o555, uid: 5, gid: 6 },
      {
        kind: "file" as const,
        name: "closed/file",
        uid: 7,
        gid: 8,
        xattrs: new Map([["security.capability", Buffer.from("0100000200200000000000000000000000000000", "hex")]]),
      },
      { kind: "character" as const, name: "null", deviceMajor: 1, deviceMinor: 3 },
    ];
    const upper = [
      { kind: "file" as const, name: "closed/.wh..wh..opq" },
      { kind: "file" as const, name: ".wh.null" },
    ];
    const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({
      platform,
      layers: [{ files }, { files: upper }],
    }));
    registry.putImage("odd", "1", makeImage({ platforms }));
    const directory = await scratchDirectory();
    const nobody = { uid: 65_534, gid: 65_534 };
    await chown(directory, nobody.uid, nobody.gid);
    const place = ["--root", join(directory, "store"), "--address", join(directory, "none.sock")];
    const image = `${registry.host}/odd:1`;
    expect(await runCommand(["pull", ...place, "--plain-http", "--quiet", image], nobody)).toMatchObject({
      code: 0,
      err: "",
    });
    expect(await runCommand(["rm", ...place, image], nobody)).toMatchObject({ code: 0, err: "" });
    expect(await readdir(join(directory, "store", "trash"))).toEqual([]);
  },
);

test("a daemon that holds another store is not taken for the one that is meant", async () => {
  const { image } = await offer();
  const other = await openPlace({ daemon: true });
  await runCommand(["pull", ...other.place, "--plain-http", "--quiet", image]);
  const root = join(await scratchDirectory(), "store");
  const holder = await startDaemon({ ...defaultSettings, root, address: join(root, "..", "own.sock") });
  onTestFinished(() => holder[Symbol.asyncDispose]());
  const ended = await runCommand(["rm", "--root", root, ...other.place.slice(2), image]);
  expect(ended).toMatchObject({ code: 1, out: "", err: expect.stringContaining(`and not "${root}"`) });
  expect(JSON.parse((await runCommand(["images", ...other.place, "--json"])).out)).toHaveLength(1);
});

test("a host that the daemon's settings call plain is spoken to so, without a word from the command", async () => {
  const { image, registry } = await offer();
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  const settings = {
    ...defaultSettings,
    root,
    address,
    registry: { ...defaultSettings.registry, plainHttp: [registry.host] },
  };
  const daemon = await startDaemon(settings);
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  expect(await runCommand(["pull", "--address", address, "--quiet", image])).toMatchObject({ code: 0, err: "" });
  expect(registry.connections).toBeLessThanOrEqual(3);
});

test.skipIf(unprivileged)("unmounts by whatever way the store and the directory are named (needs root)", async () => {
  const { image } = await offer();
  const { place, directory } = await openPlace({ daemon: true });
  const [target, link] = [join(directory, "rootfs"), join(directory, "link")];
  await mkdir(target);
  await symlink(target, link);
  await runCommand(["pull", ...place, "--plain-http", "--quiet", image]);
  const ways = [
    { way: ["--root", `${directory}/store/`, target], err: /^stowage: unmounted, but its layers stay held until/ },
    { way: ["--address", join(directory, "s.sock"), target], err: /^$/ },
    { way: [...place, link], err: /^$/ },
    { way: [...place, `${target}/`], err: /^$/ },
  ];
  for (const { way, err } of ways) {
    expect(await runCommand(["mount", ...place, image, link])).toMatchObject({ code: 0, out: `${target}\n` });
    const unmounted = await runCommand(["unmount", ...way]);
    expect(unmounted).toMatchObject({ code: 0, err: expect.stringMatching(err), out: `${target}\n` });
  }
});

test("an image that lost its names to another platform's is still listed", async () => {
  const { image } = await offer();
  const { place } = await openPlace({ daemon: false });
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    await runCommand(["pull", ...place, "--plain-http", "--quiet", "--platform", platform, image]);
  }
  const { out } = await runCommand(["images", ...place]);
  expect(out.trim().split("\n")).toHaveLength(3);
  expect(out).toMatch(/^<none> +<none> +[0-9a-f]{12} /m);
});

test("an answer that could not be written is a failure; one that nobody reads to the end is not", async () => {
  const run = async (redirection: string) => {
    const line = `"$0" "$1" --help ${redirection}`;
    const child = spawn("bash", ["-o", "pipefail", "-c", line, process.execPath, main], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    return { code: typeof code === "number" ? code : -1, err };
  };
  expect(await run("> /dev/full")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^stowage: Cannot print the answer: .*ENOSPC/),
  });
  expect(await run("| true")).toEqual({ code: 0, err: "" });
});

test("explains itself", async () => {
  expect((await runCommand(["--version"])).out).toMatch(/^stowage \d+\.\d+\.\d+\n$/);
  const help = await runCommand(["--help"]);
  expect(help.code).toBe(0);
  for (const verb of ["pull", "images", "inspect", "rm", "mount", "unmount"]) expect(help.out).toContain(verb);
  expect((await runCommand(["pull", "--help"])).out).toContain("--plain-http");
});

test("the work goes on where nobody reads what is told of it", async () => {
  const { image } = await offer();
  const { place } = await openPlace({ daemon: false });
  const pulling = startCommand(["pull", ...place, "--plain-http", `${image}x`, image]);
  pulling.stderr.destroy();
  const [out, [code]] = await Promise.all([text(pulling.stdout), once(pulling, "exit")]);
  expect({ code, out }).toEqual({ code: 3, out: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
});
