import { isDeepStrictEqual } from "node:util";
import { listKeys, valueAt } from "./list-keys.ts";
import { settingKeys } from "./setting-keys.ts";
import type { Settings } from "./settings.ts";

/** What a running daemon can make of new settings. */
export interface ReloadPlan {
  /** The current ones, with what can be changed at once as in the new ones. */
  readonly settings: Settings;
  /** Keys that changed, dotted and in snake_case. */
  readonly applied: readonly string[];
  /** Keys that are not as in the new settings, and will be after a restart. */
  readonly needRestart: readonly string[];
}

/** Takes over from `next` what applies at once, and tells what does not. */
export function planReload(current: Settings, next: Settings): ReloadPlan {
  const changed = listKeys(settingKeys).filter(
    ({ path }) => !isDeepStrictEqual(valueAt(current, path), valueAt(next, path)),
  );
  const applied = changed.filter(({ node }) => node.applies === "at once");
  const needRestart = changed.filter(({ node }) => node.applies === "after a restart");
  return {
    settings: applied.reduce((settings, { path }) => replaceAt(settings, path, valueAt(next, path)), current),
    applied: applied.map(({ name }) => name),
    needRestart: needRestart.map(({ name }) => name),
  };
}

/** A copy of `table` with another value at a path. */
function replaceAt<T extends object>(table: T, [name = "", ...rest]: readonly string[], value: unknown): T {
  const inner: unknown = Reflect.get(table, name);
  const isDeeper = rest.length > 0 && typeof inner === "object" && inner !== null;
  return { ...table, [name]: isDeeper ? replaceAt(inner, rest, value) : value };
}
