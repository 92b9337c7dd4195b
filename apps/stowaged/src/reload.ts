import { isDeepStrictEqual } from "node:util";
import { planReload, type Settings } from "@stowage/config";
import type { SettingsSources } from "@stowage/core";
import { SettingsWatch, type WatchedSources } from "./settings-watch.ts";

export interface ReloadOptions {
  /** Reads the settings anew. */
  readonly read: () => Promise<SettingsSources>;
  /** Takes settings over, or fails and changes nothing. */
  readonly apply: (settings: Settings) => void;
  /** Told what became of it, where anything is different from before. */
  readonly onReload: (outcome: ReloadOutcome) => void;
}

export type ReloadOutcome =
  | { readonly kind: "reloaded"; readonly applied: readonly string[]; readonly needRestart: readonly string[] }
  | { readonly kind: "refused"; readonly error: unknown };

/**
 * Settings that are in force, and taken over anew: all that can be, or, where there is a mistake in them, nothing. This happens
 * when their files change, and once at the beginning, for what has changed since they were read.
 */
export class Reloader implements Disposable {
  readonly #options: ReloadOptions;
  readonly #watch = new SettingsWatch(() => void this.reload());
  #sources: WatchedSources;
  #current: Settings;
  /** What was last seen to need a restart, so that it is told once. */
  #waiting = "";
  #going: Promise<void> = Promise.resolve();

  constructor({ settings, ...sources }: SettingsSources, options: ReloadOptions) {
    this.#current = settings;
    this.#sources = sources;
    this.#options = options;
    void this.reload();
  }

  /** Reads and takes over, after what is being read already. */
  reload(): Promise<void> {
    this.#going = this.#going.then(() => this.#reload());
    return this.#going;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  async #reload(): Promise<void> {
    const { read, apply, onReload } = this.#options;
    this.#watch.follow(this.#sources);
    try {
      const { settings, ...sources } = await read();
      this.#follow(sources);
      const plan = planReload(this.#current, settings);
      const needRestart = plan.needRestart.join();
      if (plan.applied.length > 0) apply(plan.settings);
      this.#current = plan.settings;
      if (plan.applied.length > 0 || needRestart !== this.#waiting) onReload({ kind: "reloaded", ...plan });
      this.#waiting = needRestart;
    } catch (error) {
      onReload({ kind: "refused", error });
    }
  }

  /** Files that have come were not watched while they were read, and are read once more. */
  #follow(sources: WatchedSources): void {
    const isSame = isDeepStrictEqual(sources.files, this.#sources.files);
    this.#sources = sources;
    if (!isSame) void this.reload();
  }
}
