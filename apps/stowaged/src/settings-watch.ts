import { type FSWatcher, readlinkSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { SettingsSources } from "@stowage/core";

/** Where settings come from, so far as watching them goes. */
export type WatchedSources = Pick<SettingsSources, "files" | "watched">;

/** Tells, once a burst of changes is over or has lasted for a while, that settings may be others. */
export class SettingsWatch implements Disposable {
  readonly #onChange: () => void;
  #watchers: readonly FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the burst that is going on has begun. */
  #since: number | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * Looks at these from now on, and at nothing else. It takes directories, since editors and mounts replace files; they are
   * looked up anew each time, since they may be others under the same name.
   */
  follow(sources: WatchedSources): void {
    const before = this.#watchers;
    const { directories, names } = placesOf(sources);
    this.#watchers = [...directories].flatMap((directory) => this.#tryWatching(directory, names));
    for (const watcher of before) watcher.close();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #tryWatching(directory: string, names: ReadonlySet<string>): readonly FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name) || name.endsWith(".toml")) this.#tellSoon();
      });
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      return []; // it is not there, or there are too many watches: SIGHUP is still heard
    }
  }

  #tellSoon(): void {
    const now = performance.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    const left = Math.min(settlingMilliseconds, this.#since + burstMilliseconds - now);
    this.#timer = setTimeout(() => this.#tell(), left).unref();
  }

  #tell(): void {
    this.#since = undefined;
    this.#onChange();
  }
}

/** One change to a file is several events, and a burst of changes is one. */
const settlingMilliseconds = 250;

/** For longer than this, nobody who keeps writing beside the files holds up what others have changed. */
const burstMilliseconds = 2_000;

interface Places {
  readonly directories: ReadonlySet<string>;
  /** What may change in them, beside files that end in `.toml`. */
  readonly names: ReadonlySet<string>;
}

/** `..data` is the link that a mounted ConfigMap replaces; the files themselves only lead through it. */
const alwaysNamed = ["conf.d", "..data"];

function placesOf({ files, watched }: WatchedSources): Places {
  const paths = files.flatMap((file) => [file, ...followLinks(file)]);
  return {
    directories: new Set([...watched, ...paths.map((path) => dirname(path))]),
    names: new Set([...alwaysNamed, ...paths.map((path) => basename(path))]),
  };
}

/** As many links as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

/** Where a link leads to, and that one, also where nothing is there at the moment. */
function followLinks(path: string): readonly string[] {
  const found: string[] = [];
  for (let last = path; found.length < maxLinks; ) {
    const target = findLink(last);
    if (target === undefined) break;
    last = resolve(dirname(last), target);
    found.push(last);
  }
  return found;
}

function findLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // it is no link, or has gone
  }
}
