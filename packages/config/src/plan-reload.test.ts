import { assert, property } from "fast-check";
import { expect, test } from "vitest";
import { decodeSettings, defaultSettings, planReload } from "./index.ts";
import { anySettings } from "./settings.test.fixture.ts";

test("takes over what applies at once, and says what waits for a restart", () => {
  const next = decodeSettings(
    `
      root = "/srv"
      pinned = ["a"]
      pull = { lease = "1m" }
      registry = { proxies = { "a.example" = "direct" } }
      runtimes = { kata = { snapshotter = "native" } }
    `,
    "stowage.toml",
  );
  expect(planReload(defaultSettings, next)).toEqual({
    settings: { ...defaultSettings, pinned: ["a"], pull: { ...defaultSettings.pull, lease: 60 } },
    applied: ["pinned", "pull.lease"],
    needRestart: ["root", "registry.proxies", "runtimes"],
  });
});

test.for([
  "pinned",
  "sandbox_image",
  "stop_timeout",
  "content.retain",
  "content.budget",
  "content.age",
  "check.rate",
  "check.interval",
  "pull.concurrent_layers",
  "pull.concurrent_layers_per_registry",
  "pull.lease",
  "pull.inactivity",
  "log.level",
])("%s is among what applies at once", (key) => {
  assert(
    property(anySettings, anySettings, (current, next) => {
      expect(planReload(current, next).needRestart).not.toContain(key);
    }),
  );
});

test("the same settings change nothing", () => {
  assert(
    property(anySettings, (settings) => {
      expect(planReload(settings, structuredClone(settings))).toEqual({ settings, applied: [], needRestart: [] });
    }),
  );
});

test("a second reload of the same settings applies nothing more, and waits for the same", () => {
  assert(
    property(anySettings, anySettings, (current, next) => {
      const first = planReload(current, next);
      expect(planReload(first.settings, next)).toEqual({
        settings: first.settings,
        applied: [],
        needRestart: first.needRestart,
      });
    }),
  );
});

test("a reload of the old settings goes back to them, but for nothing", () => {
  assert(
    property(anySettings, anySettings, (current, next) => {
      const { settings, applied } = planReload(current, next);
      expect(planReload(settings, current)).toEqual({ settings: current, applied, needRestart: [] });
    }),
  );
});

test("what applies and what waits together make the new settings", () => {
  assert(
    property(anySettings, anySettings, (current, next) => {
      const { settings, needRestart } = planReload(current, next);
      if (needRestart.length === 0) expect(settings).toEqual(next);
      else expect(settings).not.toEqual(next);
    }),
  );
});
