import type { buildConnector } from "undici";

/**
 * `connect`, with sockets that end with what TLS says after its handshake. With TLS 1.3 that is where a server refuses the
 * client's certificate, or the lack of one; undici would only tell that the connection was closed.
 */
export function withLateTlsErrors(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...outcome) => {
      const [, socket] = outcome;
      socket?.once("error", (error) => socket.destroy(error));
      callback(...outcome);
    });
  };
}
