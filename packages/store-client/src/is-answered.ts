import { once } from "node:events";
import { createConnection } from "node:net";
import { isErrno } from "@stowage/errors";

/** Whether there is a daemon for this caller on the unix socket at `path`, be it too busy to take the connection (EAGAIN). */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return isErrno(error, "EAGAIN");
  } finally {
    socket.destroy();
  }
}
