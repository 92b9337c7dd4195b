import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { openNames } from "./index.ts";
import { tree } from "./tree.test.fixture.ts";

const search = 'unqualified-search-registries = ["one.example"]\n';

async function opened(files: Readonly<Record<string, string>>) {
  const root = await tree(files);
  const file = join(root, "registries.conf");
  const names = openNames({ file, dropIns: [`${file}.d`], aliases: join(root, "aliases.conf") });
  const find = async (text: string) => (await names.candidates(text)).references.map(formatReference);
  return { root, find };
}

test.for([
  { what: "nothing", files: {}, is: "docker.io/library/app:latest" },
  { what: "registries.conf", files: { "registries.conf": search }, is: "one.example/app:latest" },
  {
    what: "a drop-in over registries.conf",
    files: { "registries.conf": search, "registries.conf.d/a.conf": '[aliases]\n"app" = "two.example/app"' },
    is: "two.example/app:latest",
  },
  {
    what: "what tools have learnt over all",
    files: {
      "registries.conf.d/a.conf": '[aliases]\n"app" = "two.example/app"',
      "aliases.conf": '[aliases]\n"app" = "three.example/app"',
    },
    is: "three.example/app:latest",
  },
])("takes a short name for what $what says", async ({ files, is }) => {
  expect(await (await opened(files)).find("app")).toEqual([is]);
});

test("reads the files again when they have changed, and none for a name with a registry", async () => {
  const { root, find } = await opened({ "registries.conf": search });
  expect(await find("app")).toEqual(["one.example/app:latest"]);
  await writeFile(join(root, "registries.conf"), 'unqualified-search-registries = ["other.example"]\n');
  expect(await find("app")).toEqual(["other.example/app:latest"]);
  await writeFile(join(root, "registries.conf"), "not toml");
  await expect(find("app")).rejects.toMatchObject({ code: "invalid-argument" });
  expect(await find("a.example/app")).toEqual(["a.example/app:latest"]);
  await rm(join(root, "registries.conf"));
  expect(await find("app")).toEqual(["docker.io/library/app:latest"]);
});
