import { expect, test } from "vitest";
import { findServiceManager } from "./service-manager.ts";

const pid = String(process.pid);

test.for([
  { what: "a socket that is passed to this process", environment: { LISTEN_PID: pid, LISTEN_FDS: "1" }, socket: 3 },
  { what: "several", environment: { LISTEN_PID: pid, LISTEN_FDS: "2" }, socket: 3 },
  { what: "one that is passed to another", environment: { LISTEN_PID: "1", LISTEN_FDS: "1" }, socket: undefined },
  { what: "none", environment: { LISTEN_PID: pid, LISTEN_FDS: "0" }, socket: undefined },
  { what: "nothing said", environment: {}, socket: undefined },
])("takes $what as $socket", ({ environment, socket }) => {
  expect(findServiceManager(environment).socket).toBe(socket);
});

test("tells nothing where nobody listens, and lives", () => {
  for (const NOTIFY_SOCKET of [undefined, "", "/nowhere/notify", "@stowage-nobody"]) {
    const manager = findServiceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: "1000000" });
    using _alive = manager.keepAlive();
    for (const state of ["ready", "reloading", "stopping"] as const) manager.tell(state);
  }
});
