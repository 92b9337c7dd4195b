import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { settingsPage } from "./index.ts";

test("docs/settings.md is what the keys say; node tools/write-settings-page.ts writes it", async () => {
  expect(await readFile(new URL("../../../docs/settings.md", import.meta.url), "utf8")).toBe(settingsPage());
});

test("the page has every key with its kind, its default, its sentence and when it applies", () => {
  const page = settingsPage().replaceAll(/ +/g, " ");
  expect(page).toContain("## `[check]`");
  expect(page).toContain('| `interval` | a duration | `"7d"` | The time from one such look to the next. | at once |');
  expect(page).toContain("## `[runtimes.NAME]`");
});
