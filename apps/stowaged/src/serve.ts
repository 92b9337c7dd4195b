import { once } from "node:events";
import { type SettingsSources, version } from "@stowage/core";
import { exitAtOnce, forbidCoreDumps } from "@stowage/linux";
import type { Logger } from "pino";
import { type Daemon, startDaemon } from "./daemon.ts";
import { startLog } from "./log.ts";
import { Reloader, type ReloadOutcome } from "./reload.ts";
import { giveBackAtRest } from "./rest.ts";
import { findServiceManager, type ServiceManager } from "./service-manager.ts";

/**
 * Serves until SIGTERM or SIGINT, and then as long as calls that are under way may take; a second signal ends them, and, before
 * there can be any, the process. SIGHUP and changes to the files reload the settings, which `read` gives.
 */
export async function serve(read: () => Promise<SettingsSources>): Promise<void> {
  process.umask(0o077);
  forbidCoreDumps();
  const stops = listenForStops();
  process.on("SIGHUP", () => undefined); // one that comes now is no reason to die: settings are read once more after the start
  const starting = exitAt(stops.second);
  const manager = findServiceManager(process.env);
  const sources = await read();
  const log = startLog(sources.settings.log);
  await using daemon = await startDaemon(sources.settings, {
    descriptor: manager.socket,
    log,
    onFailure: (error) => log.error({ err: error }, "background work failed"),
    onDamage: ({ resource, why }) => log.error({ resource, why }, "found damaged"),
  });
  starting[Symbol.dispose]();
  log.info({ root: sources.settings.root, address: daemon.address, version }, "serving");
  using _alive = manager.keepAlive();
  using _atRest = giveBackAtRest();
  if (!stops.first.aborted) {
    using _reloading = startReloading(sources, { read, daemon, log, manager });
    manager.tell("ready");
    await once(stops.first, "abort");
  }
  manager.tell("stopping");
  log.info("stopping");
  await stopWithin(daemon, { hurry: stops.second, log });
  log.info("stopped");
}

/** Aborted by SIGTERM or SIGINT: one by the first of them, the other by the next. */
function listenForStops(): { readonly first: AbortSignal; readonly second: AbortSignal } {
  const first = new AbortController();
  const second = new AbortController();
  const onStop = (): void => (first.signal.aborted ? second : first).abort();
  process.on("SIGTERM", onStop).on("SIGINT", onStop);
  return { first: first.signal, second: second.signal };
}

/** Ends the process at once when `signal` aborts, until it is disposed of: a store that is being opened loses nothing by it. */
function exitAt(signal: AbortSignal): Disposable {
  const exit = (): void => exitAtOnce(1);
  signal.addEventListener("abort", exit);
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", exit) };
}

interface Reloading {
  readonly read: () => Promise<SettingsSources>;
  readonly daemon: Daemon;
  readonly log: Logger;
  readonly manager: ServiceManager;
}

function startReloading(sources: SettingsSources, { read, daemon, log, manager }: Reloading): Disposable {
  const reloader = new Reloader(sources, {
    read,
    apply(settings) {
      daemon.apply(settings);
      log.level = settings.log.level;
    },
    onReload: (outcome) => tellReload(log, outcome),
  });
  const onHangUp = (): void => {
    manager.tell("reloading");
    void reloader.reload().then(() => manager.tell("ready"));
  };
  process.on("SIGHUP", onHangUp);
  return {
    [Symbol.dispose]() {
      process.off("SIGHUP", onHangUp);
      reloader[Symbol.dispose]();
    },
  };
}

function tellReload(log: Logger, outcome: ReloadOutcome): void {
  if (outcome.kind === "refused")
    return log.error({ err: outcome.error }, "settings are as before: there is a mistake");
  const { applied, needRestart } = outcome;
  if (applied.length > 0) log.info({ applied }, "settings reloaded");
  if (needRestart.length > 0) log.warn({ needRestart }, "settings that take a restart are as before");
}

/** How long the disk may keep us when everybody has been told to stop. What is lost then is not: a crash loses no more. */
const cutOffMilliseconds = 15_000;

async function stopWithin(
  daemon: Daemon,
  { hurry, log }: { readonly hurry: AbortSignal; readonly log: Logger },
): Promise<void> {
  await daemon.drain({ signal: hurry });
  const late = setTimeout(() => {
    log.error("ends without having stopped what was under way");
    exitAtOnce(1);
  }, cutOffMilliseconds);
  await daemon[Symbol.asyncDispose]();
  clearTimeout(late);
}
