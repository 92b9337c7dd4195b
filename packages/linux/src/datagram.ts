import { closeSync } from "node:fs";
import { call } from "./libc.ts";

/** AF_UNIX; SOCK_DGRAM | SOCK_CLOEXEC; MSG_NOSIGNAL */
const unix = 1;
const datagram = 0o2000002;
const noSignal = 0x4000;

/** Sends a text to the unix datagram socket at `path`; one that begins with `@` is abstract. Throws a system error. */
export function sendDatagram(path: string, text: string): void {
  const socket = call("socket", [unix, datagram, 0], path);
  try {
    const bytes = Buffer.from(text);
    const address = addressOf(path);
    call("sendto", [socket, bytes, bytes.length, noSignal, address, address.length], path);
  } finally {
    closeSync(socket);
  }
}

/** `struct sockaddr_un` (unix(7)): a path ends with a NUL, an abstract name begins with one. */
function addressOf(path: string): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(unix);
  const name = path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`;
  return Buffer.concat([family, Buffer.from(name)]);
}
