import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { TLSSocket } from "node:tls";
import type { FakeAnswer, FakeRequest, Handler } from "./exchange.ts";

/** What a server shows and asks for, as PEM. With `ca` it asks clients for a certificate that this authority signed. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  /** Refuses those who show none. */
  readonly requireClientCertificate?: boolean;
}

/** A server on a free port of 127.0.0.1, and what it was asked. Disposing it cuts every connection. */
export interface HttpServer extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly requests: readonly FakeRequest[];
  /** TCP connections that were made to it so far. */
  readonly connections: number;
}

export async function startHttpServer(handle: Handler, tls?: ServerTls): Promise<HttpServer> {
  const requests: FakeRequest[] = [];
  let connections = 0;
  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    void serve(incoming, response, async (request) => {
      requests.push(request);
      return await handle(request);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(settingsOf(tls), listener);
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address");
  return {
    host: `127.0.0.1:${address.port}`,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function settingsOf({ requireClientCertificate = false, ...pem }: ServerTls) {
  return { ...pem, requestCert: pem.ca !== undefined, rejectUnauthorized: requireClientCertificate };
}

async function serve(incoming: IncomingMessage, response: ServerResponse, handle: Handler): Promise<void> {
  try {
    const request = await readRequest(incoming);
    await send(response, await handle(request), request.method);
  } catch {
    response.destroy(); // the client left, or a fault cuts the connection: both are what a test asked for
  }
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const { method = "", url = "", headers, socket } = incoming;
  const bytes = await buffer(incoming);
  const name = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
  const shown = name === undefined ? {} : { clientCertificate: String(name) };
  return { method, path: url, headers, bytes, body: bytes.toString(), ...shown };
}

async function send(response: ServerResponse, { status, headers, body }: FakeAnswer, method: string): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status);
  if (method === "HEAD") response.end();
  else if (body instanceof Uint8Array) response.end(body);
  else await pipeline(Readable.from(body), response);
}
