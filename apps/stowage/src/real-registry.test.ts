import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { startDaemon } from "@stowage/stowaged";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeOciLayout } from "./oci-layout.test.fixture.ts";
import { missingTools, type RealRegistry, startRealRegistry } from "./real-registry.test.fixture.ts";
import { extractReference } from "./reference-rootfs.test.fixture.ts";
import { runCommand, scratchDirectory } from "./run-command.test.fixture.ts";
import { listTree } from "./tree-listing.test.fixture.ts";

const unprivileged = process.getuid?.() !== 0 ? ["root"] : [];
const missing = [...unprivileged, ...missingTools(["docker-registry", "skopeo", "debootstrap", "setcap", "setfattr"])];
const why = missing.length === 0 ? "" : ` (skipped: needs ${missing.join(", ")})`;

describe.skipIf(missing.length > 0)(`against Debian's docker-registry, with a Debian root file system${why}`, () => {
  let directory: string;
  let registry: RealRegistry;
  let image: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "stowage-real-"));
    registry = await startRealRegistry(directory);
    image = `${registry.host}/debian/minbase:test`;
    makeOciLayout(join(directory, "layout"), await makeLayers(directory));
    const layout = `oci:${join(directory, "layout")}`;
    execFileSync("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", layout, `docker://${image}`]);
  }, 300_000);

  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test("the root file system that the command mounts is, file for file, what skopeo and GNU tar make of it", async () => {
    const scratch = await scratchDirectory();
    const place = ["--root", join(scratch, "store"), "--address", join(scratch, "none.sock")];
    const target = join(scratch, "rootfs");
    await mkdir(target);
    expect(await runCommand(["pull", ...place, "--plain-http", "--quiet", image])).toMatchObject({ code: 0, err: "" });
    expect(await runCommand(["mount", ...place, image, target])).toMatchObject({ code: 0, out: `${target}\n` });
    try {
      const mounted = listTree(target);
      expect(mounted.length).toBeGreaterThan(5000);
      expect(mounted).toEqual(listTree(extractReference(image, scratch)));
    } finally {
      expect(await runCommand(["unmount", ...place, target])).toMatchObject({ code: 0, err: "" });
    }
  }, 180_000);

  test("a daemon pulls it, the command asks the daemon, and both tell the same", async () => {
    const scratch = await scratchDirectory();
    const [root, address] = [join(scratch, "store"), join(scratch, "s.sock")];
    const place = ["--root", root, "--address", address];
    const daemon = await startDaemon({
      ...defaultSettings,
      root,
      address,
      registry: { ...defaultSettings.registry, plainHttp: [registry.host] },
    });
    const pulled = await runCommand(["pull", ...place, "--json", "--quiet", image]);
    expect(pulled).toMatchObject({ code: 0, err: "" });
    const asked = await runCommand(["images", ...place, "--json"]);
    await daemon[Symbol.asyncDispose]();
    const alone = await runCommand(["images", ...place, "--json"]);
    expect(JSON.parse(asked.out)).toEqual(JSON.parse(pulled.out));
    expect(JSON.parse(alone.out)).toEqual(JSON.parse(asked.out));
    expect(JSON.parse(alone.out)[0]).toMatchObject({ tags: [image] });
  }, 120_000);

  test("what is pushed and copied, skopeo reads back with its digests", async () => {
    const scratch = await scratchDirectory();
    const place = ["--root", join(scratch, "store"), "--address", join(scratch, "none.sock")];
    const [pulled] = JSON.parse((await runCommand(["pull", ...place, "--json", "--quiet", image])).out);
    const [pushed, copied] = ["pushed", "copied"].map((name) => `${registry.host}/${name}/minbase:1`);
    for (const args of [
      ["push", image, pushed ?? ""],
      ["copy", image, copied ?? ""],
    ])
      expect(await runCommand([...args, "--quiet", ...place])).toMatchObject({ code: 0, err: "" });
    for (const [at, name] of [pushed, copied].entries()) {
      const layout = `oci:${join(scratch, `back${at}`)}:it`;
      execFileSync("skopeo", ["copy", "--quiet", "--src-tls-verify=false", `docker://${name}`, layout]);
      const inspected = execFileSync("skopeo", ["inspect", "--format", "{{.Digest}}", layout], { encoding: "utf8" });
      expect(inspected.trim()).toBe(pulled.manifest);
    }
  }, 120_000);

  test("the tour shows it from the first call to the last", () => {
    const tour = new URL("../../tour/src/main.ts", import.meta.url).pathname;
    const args = ["--conditions=@stowage/source", tour, "--plain-http", image];
    const out = execFileSync(process.execPath, args, { encoding: "utf8" });
    expect(out).toContain(`PullImage ${image}`);
    expect(out).toMatch(/List it .*\n(?: {4}.*\n)+ {4}… \d{4,} more\nUnmount it/);
    expect(out).toMatch(/0 bytes in 0 inodes.*\nStop the daemon/);
  }, 60_000);

  test("a tag that the registry does not have is not found, in its words", async () => {
    const scratch = await scratchDirectory();
    const ended = await runCommand([
      "pull",
      "--root",
      join(scratch, "store"),
      "--quiet",
      `${registry.host}/debian/minbase:none`,
    ]);
    expect(ended).toMatchObject({ code: 3, out: "" });
    expect(ended.err).toMatch(/^stowage: Cannot pull .*:none: .*manifest unknown.*\n$/i);
  });
});

/** Two layers: a Debian root file system, and one that changes it in every way a layer can. */
async function makeLayers(directory: string): Promise<readonly string[]> {
  const [base, upper] = [join(directory, "base"), join(directory, "upper")];
  execFileSync("debootstrap", ["--variant=minbase", "bookworm", base], {
    stdio: "ignore",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  const sh = (script: string) => execFileSync("bash", ["-euc", script], { cwd: directory });
  sh(`cd base
    cp usr/bin/true usr/bin/ping-like && setcap cap_net_raw+ep usr/bin/ping-like
    printf a > opt/note && setfattr -n user.binary -v 0x00ff10 opt/note
    mkdir opt/hidden opt/replaced && echo one > opt/hidden/one && echo two > opt/replaced/two
    ln -s replaced opt/becomes-a-directory
    mkfifo opt/fifo && mknod opt/device c 1 3 && mknod opt/disk b 7 9
    touch "opt/$(printf 'n\\xffame')" "opt/ä" "opt/$(printf 'x%.0s' {1..200})"
    ln usr/bin/true opt/hard-link
    touch -d '1960-01-02 03:04:05.678901234' opt/before-1970
    touch -h -d '2040-01-02 03:04:05.123456789' opt/becomes-a-directory
    truncate -s 5M opt/sparse && printf end >> opt/sparse
    chown 3000000:70000 opt/note && chmod 6755 opt/note && chmod 1777 opt`);
  sh(`mkdir -p upper/opt/hidden upper/opt/replaced upper/opt/becomes-a-directory upper/usr/bin upper/etc
    for d in . opt usr usr/bin etc; do chown --reference=base/$d upper/$d; chmod --reference=base/$d upper/$d; done
    touch upper/opt/.wh.fifo upper/opt/.wh.nothing-like-that
    touch upper/opt/replaced/.wh..wh..opq && echo three > upper/opt/replaced/three
    echo file > upper/opt/becomes-a-directory/file
    echo one-more > upper/opt/hidden/one
    rm -r upper/opt/hidden && echo now-a-file > upper/opt/hidden
    echo changed > upper/etc/debian_version
    cp base/usr/bin/true upper/usr/bin/own && ln upper/usr/bin/own upper/opt/own-link
    ln -s /nowhere upper/opt/dangling
    for d in etc usr/bin usr opt .; do touch -d '2026-03-04 05:06:07.89' upper/$d; done`);
  return [base, upper].filter((layer) => existsSync(layer));
}
