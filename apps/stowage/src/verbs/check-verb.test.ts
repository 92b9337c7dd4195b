import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCommand, scratchDirectory } from "../run-command.test.fixture.ts";

interface Place {
  readonly place: readonly string[];
  readonly root: string;
  readonly image: string;
}

/** A store that holds a small image, with a daemon that holds the store or without. */
async function pulled(daemon: boolean): Promise<Place> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("library/small", "1", smallImage());
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  const config = join(directory, "stowage.toml");
  const plain = { ...defaultSettings.registry, plainHttp: [registry.host] };
  if (daemon) {
    const running = await startDaemon({ ...defaultSettings, registry: plain, root, address });
    onTestFinished(() => running[Symbol.asyncDispose]());
  }
  await writeFile(config, `[registry]\nplain_http = ["${registry.host}"]\n`);
  const place = ["--root", root, "--address", address, "--config", config];
  const image = `${registry.host}/library/small:1`;
  expect(await runCommand(["pull", ...place, "--quiet", image])).toMatchObject({ code: 0 });
  return { place, root, image };
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", ({ daemon }) => {
  test("check finds nothing wrong where nothing is", async () => {
    const { place } = await pulled(daemon);
    for (const how of [[], ["--quick"]]) {
      const said = await runCommand(["check", ...place, ...how]);
      expect(said).toEqual({ code: 0, err: "", out: "1 images, 5 documents and layers\n" });
    }
  });

  test("check names what is lost, images hides what has lost it, and --repair brings it back", async () => {
    const { place, root, image } = await pulled(daemon);
    const home = join(root, "storage", "overlay");
    const [layer = ""] = (await readdir(home)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    await rm(join(home, layer), { recursive: true });

    const found = await runCommand(["check", ...place, "--quick"]);
    expect(found.code).toBe(1);
    expect(found.out).toMatch(/^layer sha256:[0-9a-f]{64} is missing \([0-9a-f]{12}\)$/m);
    expect(found.err).toBe('stowage: Cannot vouch for the store: 1 image is damaged; run "stowage check --repair"\n');

    const listed = await runCommand(["images", ...place]);
    expect(listed.out.trim().split("\n")).toHaveLength(1);
    expect(listed.err).toBe('stowage: 1 damaged, not listed; run "stowage check --repair"\n');
    expect((await runCommand(["inspect", ...place, image])).out).toMatch(/^damaged +layer sha256:.* is missing$/m);

    const repaired = await runCommand(["check", ...place, "--repair"]);
    expect(repaired).toMatchObject({ code: 0, err: "", out: expect.stringContaining(`repaired ${image}`) });
    expect((await runCommand(["images", ...place])).out.trim().split("\n")).toHaveLength(2);
    expect((await runCommand(["inspect", ...place, image])).out).toMatch(/^status +READY$/m);
  });

  test("df adds up to the last inode", async () => {
    const { place } = await pulled(daemon);
    const { code, err, out } = await runCommand(["df", ...place]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^IMAGE .*\n127\.0\.0\.1:.*█.*\n\nWHAT +SIZE +INODES +OF ALL\nlayers +\d+\.\d KiB +\d+ +█+░+\nwritable +0 B +0 +░+\ndocuments .*\n/,
    );
    expect(out).toMatch(/\n0 unaccounted\n$/);
    const account: unknown = JSON.parse((await runCommand(["df", ...place, "--json"])).out);
    expect(account).toMatchObject({ unaccounted: { bytes: 0, inodes: 0, paths: [] } });
  });
});
