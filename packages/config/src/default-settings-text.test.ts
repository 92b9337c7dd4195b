import { expect, test } from "vitest";
import { decodeSettings, defaultSettings, defaultSettingsText, showSettings } from "./index.ts";

test("reads back as the defaults", () => {
  expect(decodeSettings(defaultSettingsText(), "default.toml")).toEqual(defaultSettings);
});

test("has every key, each under its comment", () => {
  const keys = (text: string): string[] => text.split("\n").flatMap((line) => /^\w+(?= = )/.exec(line)?.[0] ?? []);
  const text = defaultSettingsText();
  expect(keys(text)).toEqual(keys(showSettings(defaultSettings)));
  expect(text).toContain('\n# How long any of that is kept.\n# It is a duration, and applies at once.\nage = "24h"\n');
  expect(text.match(/\n\w+ = /g)?.length).toBe(text.match(/\.\n\w+ = /g)?.length);
});

test("shows how a runtime handler is set, and what is set there is read once it is no comment", () => {
  const text = defaultSettingsText().replaceAll(/^# (?=\[runtimes|snapshotter = |platform = )/gm, "");
  expect(decodeSettings(text, "a.toml")).toEqual({
    ...defaultSettings,
    runtimes: { NAME: { snapshotter: undefined, platform: undefined } },
  });
});
