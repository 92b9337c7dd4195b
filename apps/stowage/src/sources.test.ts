import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeImage } from "@stowage/image-fixtures";
import { expect, test } from "vitest";
import { openPlace, type Place } from "./run-here.test.fixture.ts";

const layer = (name: string) => ({ files: [{ kind: "file" as const, name, content: Buffer.from(name) }] });
const made = makeImage({ platforms: [{ platform: "linux/amd64", layers: ["base", "app"].map(layer) }] });
const id = made.platforms[0]?.id ?? "";
const forAmd = ["--platform", "linux/amd64", "--quiet"];

/** An image that is nowhere but in an archive of each form; the sources that name it. */
async function archived(place: Place): Promise<readonly string[]> {
  const name = await place.pull("team/app", made);
  const saved = async (type: string): Promise<string> => {
    const path = join(place.directory, "out", type);
    await place.print("save", "--quiet", name, "--type", type, "--output", path);
    return path;
  };
  const [layout, ofOci, ofDocker] = [
    await saved("oci-layout"),
    await saved("oci-archive"),
    await saved("docker-archive"),
  ];
  await place.print("rm", name);
  return [
    `oci:${layout}`,
    `oci:${layout}:${name}`,
    `oci-archive:${ofOci}:${name}`,
    `docker-archive:${ofDocker}:${name}`,
  ];
}

test.for([{ daemon: false }, { daemon: true }])(
  "pulls from archives of every form (daemon: $daemon)",
  async ({ daemon }) => {
    const place = await openPlace({ daemon });
    for (const source of await archived(place)) {
      expect(await place.print("pull", source, ...forAmd), source).toBe(`${id}\n`);
      await place.print("rm", id);
    }
  },
);

test("pulls from registries and archives together, and says docker:// for the former", async () => {
  const place = await openPlace({ daemon: false });
  const [, layout = ""] = await archived(place);
  const name = `docker://${place.registry.host}/team/app:1`;
  expect(await place.print("pull", name, layout, "--plain-http", ...forAmd)).toBe(`${id}\n${id}\n`);
});

test.for([
  {
    what: "an image that is not in it",
    source: (path: string) => `oci:${path}:other`,
    code: 3,
    says: 'no image "other"',
  },
  {
    what: "an archive of another form",
    source: (path: string) => `docker-archive:${path}`,
    code: 2,
    says: 'it is what "oci:" is for',
  },
  { what: "what is not there", source: () => "oci-archive:/nowhere", code: 3, says: '"/nowhere": it is not there' },
  { what: "a source without a path", source: () => "dir:", code: 2, says: "it names no path" },
])("refuses $what", async ({ source, code, says }) => {
  const place = await openPlace({ daemon: false });
  const [first = ""] = await archived(place);
  const ended = await place.run("pull", source(first.slice("oci:".length)), ...forAmd);
  expect(ended).toMatchObject({ code, err: expect.stringContaining(says) });
});

/** The settings of a machine with these registries.conf and default transport. */
async function configured(place: Place, conf: string, transport = "docker://"): Promise<readonly string[]> {
  const file = join(place.directory, "settings.toml");
  const registries = join(place.directory, "registries.conf");
  await mkdir(`${registries}.d`, { recursive: true });
  await writeFile(registries, conf);
  const aliases = join(place.directory, "aliases.conf");
  await writeFile(aliases, `[aliases]\n"learnt" = "${place.registry.host}/team/app"\n`);
  const plain = `plain_http = ["${place.registry.host}"]`;
  const names = `registries_conf = "${registries}"\nshort_name_aliases = "${aliases}"`;
  await writeFile(file, `[registry]\n${plain}\n${names}\ndefault_transport = "${transport}"\n`);
  return ["--config", file];
}

test("takes short names in every verb for what registries.conf says", async () => {
  const place = await openPlace({ daemon: false });
  place.registry.putImage("team/app", "1", made);
  const { host } = place.registry;
  const config = await configured(place, `unqualified-search-registries = ["${host}/none", "${host}/team"]`);
  expect(await place.print("pull", "app:1", "learnt:1", ...forAmd, ...config)).toBe(`${id}\n${id}\n`);
  for (const verb of ["inspect", "history", "manifest", "tags"]) {
    expect(await place.print(verb, "learnt:1", "--json", ...config), verb).not.toBe("");
  }
  expect(await place.print("explain", "app:1", ...config)).toContain(
    `"app:1" is ${host}/none/app:1, for linux/amd64\nor, where that cannot be had, ${host}/team/app:1\n`,
  );
  expect(await place.print("untag", "app:1", ...config)).toContain(`${host}/team/app:1`);
});

test("does not choose among registries where short names are enforced, but finds the only one that is here", async () => {
  const place = await openPlace({ daemon: false });
  const { host } = place.registry;
  place.registry.putImage("team/app", "1", made);
  const search = `short-name-mode = "enforcing"\nunqualified-search-registries = ["${host}/none", "${host}/team"]`;
  const config = await configured(place, search);
  const ended = await place.run("pull", "app:1", ...forAmd, ...config);
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("returns ambiguous list") });
  await place.print("pull", `${host}/team/app:1`, ...forAmd, ...config);
  expect(await place.ask("inspect", "app:1", ...config)).toMatchObject({ id });
});

test("takes names for what is in the default transport", async () => {
  const place = await openPlace({ daemon: false });
  const [, source = ""] = await archived(place);
  const [, path = ""] = source.split(":");
  const config = await configured(place, "", `oci:${path}:`);
  expect(await place.print("pull", `${place.registry.host}/team/app:1`, ...forAmd, ...config)).toBe(`${id}\n`);
});
