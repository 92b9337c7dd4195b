import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { commandPages } from "./command-pages.ts";

const { cli, man } = commandPages();

test("docs/cli.md is what the verbs declare; node tools/write-command-pages.ts writes it", async () => {
  expect(await readFile(new URL("../../../../docs/cli.md", import.meta.url), "utf8")).toBe(cli);
});

test("the page has each verb with its usage, its options, its examples and its fields", () => {
  const page = cli.replaceAll(/ +/g, " ");
  expect(page).toContain("## stowage images\n");
  expect(page).toContain("\nstowage images [options] [image]\n");
  expect(page).toContain("| `-q, --quiet` | print ids only |");
  expect(page).toContain("\nstowage images # all, in the order in which they came\n");
  expect(page).toContain("| `layers.diffId` | text | the digest of its plain tar |");
  expect(page).toContain("| `130` | interrupted |");
});

const hasGroff = spawnSync("groff", ["--version"]).status === 0;

test.skipIf(!hasGroff)("the manual is what groff reads without a complaint (needs groff)", () => {
  expect(man.map(({ file }) => file)).toEqual(expect.arrayContaining(["stowage.1", "stowage-pull.1"]));
  for (const { text } of man) {
    const shown = spawnSync("groff", ["-man", "-Tutf8", "-P-cbou", "-wall"], { input: text, encoding: "utf8" });
    expect(shown.stderr).toBe("");
    expect(shown.stdout).toMatch(/NAME/);
  }
  const page = man.find(({ file }) => file === "stowage-images.1")?.text;
  const shown = execFileSync("groff", ["-man", "-Tutf8", "-P-cbou"], { input: page, encoding: "utf8" });
  expect(shown).toMatch(/stowage images --format 'table \{\{\.id\}\}\\t\{\{\.size\}\}'\n +columns of one's own/);
});
