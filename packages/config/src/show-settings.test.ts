import { assert, property } from "fast-check";
import { expect, test } from "vitest";
import { decodeSettings, mergeSettings, showSettings } from "./index.ts";
import { anySettings } from "./settings.test.fixture.ts";

test("what it shows reads back as the same settings", () => {
  assert(
    property(anySettings, (settings) => {
      expect(decodeSettings(showSettings(settings), "a.toml")).toEqual(settings);
    }),
  );
});

test("says from which files a key comes", () => {
  const { settings, origins } = mergeSettings([
    { name: "a.toml", text: 'root = "/a"\npull.lease = "1m"\n[registry.proxies]\n"a.example" = "direct"' },
    {
      name: "b.toml",
      text: 'root = "/b"\n[registry.proxies]\n"b.example" = "direct"\n[runtimes."a.b"]\nplatform = "x/y"',
    },
  ]);
  const lines = showSettings(settings, origins).split("\n");
  expect(lines.filter((line) => line.includes("#"))).toEqual([
    'root = "/b"  # from "b.toml"',
    'proxies = { "a.example" = "direct", "b.example" = "direct" }  # from "a.toml" and "b.toml"',
    'lease = "1m"  # from "a.toml"',
    'platform = "x/y"  # from "b.toml"',
  ]);
  expect(lines).toContain('[runtimes."a.b"]');
});

test.for([
  { proxy: "http://me:hunter2@proxy.example:3128", shown: "http://me:***@proxy.example:3128" },
  { proxy: "http://me:hunt@er2@proxy.example", shown: "http://me:***@proxy.example" },
  { proxy: "me:hunt:er2@proxy.example:3128", shown: "me:***@proxy.example:3128" },
  { proxy: "https://hunter2@proxy.example", shown: "https://***@proxy.example" },
  { proxy: "proxy.example:3128", shown: "proxy.example:3128" },
])("shows the proxy $shown without its secret", ({ proxy, shown }) => {
  const settings = decodeSettings(`[registry.proxies]\n"a.example" = "${proxy}"`, "a.toml");
  expect(showSettings(settings)).toContain(`proxies = { "a.example" = "${shown}" }`);
});
