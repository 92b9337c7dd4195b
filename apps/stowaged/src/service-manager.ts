import { isErrno } from "@stowage/errors";
import { sendDatagram } from "@stowage/linux";

/** What systemd, or whoever started this process in its way, wants to hear and gives (sd_notify(3), sd_listen_fds(3)). */
export interface ServiceManager {
  /** The socket that it has made and listens on, if any. */
  readonly socket: number | undefined;
  tell(state: "ready" | "reloading" | "stopping"): void;
  /** Tells from now on, as often as was asked for, that this process still takes turns. */
  keepAlive(): Disposable;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where nobody wants to hear anything, nothing is told. */
export function findServiceManager(environment: Environment): ServiceManager {
  const address = environment["NOTIFY_SOCKET"];
  const send = (text: string): void => {
    if (address !== undefined && address !== "") trySending(address, text);
  };
  return {
    socket: socketIn(environment),
    tell: (state) => send(texts[state]()),
    keepAlive() {
      const period = watchdogPeriod(environment);
      const timer = period === undefined ? undefined : setInterval(() => send("WATCHDOG=1"), period).unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
  };
}

const texts = {
  ready: () => "READY=1",
  reloading: () => `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`,
  stopping: () => "STOPPING=1",
} as const;

/** That nobody listens any more is their affair. */
function trySending(address: string, text: string): void {
  try {
    sendDatagram(address, text);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ECONNREFUSED", "EAGAIN", "EPERM", "EACCES")) throw error;
  }
}

/** The first of those that are passed, if they are for this process. */
function socketIn({ LISTEN_PID, LISTEN_FDS }: Environment): number | undefined {
  return LISTEN_PID === String(process.pid) && Number(LISTEN_FDS) >= 1 ? firstSocket : undefined;
}

const firstSocket = 3;

/** Half of the time after which a silent process is ended, in milliseconds. */
function watchdogPeriod({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | undefined {
  const microseconds = Number(WATCHDOG_USEC ?? "");
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  return isOurs && microseconds > 0 ? microseconds / 2000 : undefined;
}
