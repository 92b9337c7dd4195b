import { once } from "node:events";
import { chmod, chown, lstat, mkdir, unlink } from "node:fs/promises";
import { createConnection, type Server } from "node:net";
import { dirname, resolve } from "node:path";
import { asStorageError, ifThere, isErrno, StowageError } from "@stowage/errors";

/** Where a unix socket is, and who may open it beside its owner. */
export interface SocketPlace {
  readonly path: string;
  /** To whom it is given; by default it is this process's. */
  readonly uid?: number | undefined;
  /** Whose members may open it, too. */
  readonly gid?: number | undefined;
  /** The socket, listening already, where whoever started this process has made it. */
  readonly descriptor?: number | undefined;
}

/**
 * Lets `server` listen on a unix socket that only its owner, and the group if there is one, can open. A socket that refuses
 * connections was left behind and is replaced; where somebody answers, or what is there is no socket, it fails with
 * `failed-precondition`.
 */
export async function listenOnSocket(server: Server, place: SocketPlace): Promise<void> {
  const { path, descriptor } = place;
  try {
    if (descriptor !== undefined) return await listen(server, { fd: descriptor });
    await makeWay(resolve(dirname(path)));
    await removeAbandoned(path);
    await listen(server, { path });
    await giveTo(place);
  } catch (error) {
    if (isErrno(error, "EADDRINUSE")) throw refusal(path, "another server answers there");
    if (isErrno(error, "EINVAL"))
      throw new StowageError("invalid-argument", `Cannot listen on "${path}": a socket's path has at most 107 bytes`);
    throw asStorageError(error, `listen on "${path}"`);
  }
}

/** Makes a directory and those it is in, passable for everybody, whatever the umask leaves; those that are there stay as they are. */
async function makeWay(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

async function removeAbandoned(path: string): Promise<void> {
  const found = await ifThere(lstat(path));
  if (found === undefined) return;
  if (!found.isSocket()) throw refusal(path, "what is there is no socket");
  if (await isAnswered(path)) throw refusal(path, "another server answers there");
  await ifThere(unlink(path));
}

/** Only a socket without a server refuses connections. One whose backlog is full says EAGAIN, and has a server. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (isErrno(error, "EAGAIN", "EPROTOTYPE")) return true;
    if (isErrno(error, "ECONNREFUSED", "ENOENT")) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** The file is made during the call, and so with the mode that the umask of that moment leaves. */
async function listen(server: Server, place: { readonly path: string } | { readonly fd: number }): Promise<void> {
  const umask = process.umask(0o177);
  const listening = once(server, "listening");
  try {
    server.listen(place);
  } finally {
    process.umask(umask);
  }
  await listening;
}

/** Until the last step, nobody but this process can open it. */
async function giveTo({ path, uid = -1, gid = -1 }: SocketPlace): Promise<void> {
  if (uid >= 0 || gid >= 0) await chown(path, uid, gid);
  if (gid >= 0) await chmod(path, 0o660);
}

function refusal(path: string, why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot listen on "${path}": ${why}`);
}
