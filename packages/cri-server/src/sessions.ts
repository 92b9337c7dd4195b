import { once } from "node:events";
import type { Http2Server, ServerHttp2Session } from "node:http2";

/** How long a client may take to read its last answers. */
const graceMilliseconds = 2000;

/** The connections of a server, which it does not count itself. */
export class Sessions {
  readonly #server: Http2Server;
  readonly #open = new Set<ServerHttp2Session>();
  #closed: Promise<unknown> | undefined;

  constructor(server: Http2Server) {
    this.#server = server;
    server.on("session", (session) => {
      this.#open.add(session);
      session.once("close", () => this.#open.delete(session));
      if (this.#closed !== undefined) session.close();
    });
  }

  /** Takes no more calls, and waits until those that are under way have ended; or until the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    const closed = this.#close();
    if (signal.aborted) return;
    const patience = once(signal, "abort");
    await Promise.race([closed, patience]);
  }

  /** Waits until the last answers are read, for a moment, and cuts off who has not. */
  async end(): Promise<void> {
    const closed = this.#close();
    const late = setTimeout(() => {
      for (const session of this.#open) session.destroy();
    }, graceMilliseconds);
    await closed;
    clearTimeout(late);
  }

  #close(): Promise<unknown> {
    this.#closed ??= new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#open) session.close();
    return this.#closed;
  }
}
