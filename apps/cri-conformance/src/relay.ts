import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket before another one, whose connections can be lost. */
export interface Relay extends AsyncDisposable {
  readonly endpoint: string;
  /** Loses all connections, in the way in which they are lost when a client dies. */
  cut(): void;
}

/** Both endpoints are `unix:///path`. */
export async function startRelay(endpoint: string): Promise<Relay> {
  const directory = await mkdtemp(join(tmpdir(), "cri-relay-"));
  const path = join(directory, "s.sock");
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(endpoint.slice("unix://".length));
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => sockets.delete(one));
      one.pipe(other);
    }
  });
  server.listen(path);
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `unix://${path}`,
    cut,
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
