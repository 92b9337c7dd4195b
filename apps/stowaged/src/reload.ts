import { type FSWatcher, watch } from "node:fs";
import { planReload, type Settings } from "@stowage/config";
import type { SettingsSources } from "@stowage/core";

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

/** Settings that are in force, and taken over anew: all that can be, or, where there is a mistake in them, nothing. */
export class Reloader implements Disposable {
  readonly #options: ReloadOptions;
  readonly #watched: readonly string[];
  #watchers: readonly FSWatcher[] = [];
  #current: Settings;
  /** What was last seen to need a restart, so that it is told once. */
  #waiting = "";
  #going: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor({ settings, watched }: SettingsSources, options: ReloadOptions) {
    this.#current = settings;
    this.#options = options;
    this.#watched = watched;
    this.#watch();
  }

  /** Reads and takes over, after what is being read already. */
  reload(): Promise<void> {
    this.#going = this.#going.then(() => this.#reload());
    return this.#going;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  async #reload(): Promise<void> {
    const { read, apply, onReload } = this.#options;
    this.#watch();
    try {
      const { settings } = await read();
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

  /** Directories, since editors and mounts replace files; each time anew, since they may be others under the same name. */
  #watch(): void {
    const before = this.#watchers;
    this.#watchers = this.#watched.flatMap((directory) => this.#tryWatching(directory));
    for (const watcher of before) watcher.close();
  }

  #tryWatching(directory: string): readonly FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#reloadSoon());
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      return []; // it is not there, or there are too many watches: SIGHUP is still heard
    }
  }

  #reloadSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.reload(), settlingMilliseconds).unref();
  }
}

/** One change to a file is several events, and a burst of changes is one reload. */
const settlingMilliseconds = 250;
