import { once } from "node:events";
import { createConnection } from "node:net";

/** Whether somebody takes connections on the unix socket at `path`. */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
