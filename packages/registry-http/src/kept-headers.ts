import { createHmac, randomBytes } from "node:crypto";
import type { Credential, Secret } from "@stowage/auth";
import type { HostCall } from "./call.ts";
import type { Challenge } from "./challenge.ts";
import { maxKeptHeaders } from "./limits.ts";

/** Authorization headers while they are good: by caller, origin and repository. */
export class KeptHeaders {
  readonly #now: () => number;
  readonly #hashKey = randomBytes(32);
  readonly #headers = new Map<string, KeptHeader>();

  /** `now` tells milliseconds on a clock that never jumps. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * What a header is kept under: the host, the scope that is asked for, and the caller. Callers with equal credentials are
   * one; credentials are in it as a keyed hash, so that it shows nothing of them.
   */
  keyOf({ host, credential, actions, mountFrom }: HostCall): string {
    const caller = credential === undefined ? "" : this.#hash(formatCredential(credential));
    return JSON.stringify([caller, host.url.origin, host.path, actions, mountFrom]);
  }

  find(key: string): Secret | undefined {
    const found = this.#headers.get(key);
    return found !== undefined && found.until > this.#now() ? found.header : undefined;
  }

  /** What the server asked for when the header was made, also after its end. */
  findChallenges(key: string): readonly Challenge[] {
    return this.#headers.get(key)?.challenges ?? [];
  }

  keep(key: string, { header, challenges, seconds }: MadeHeader): void {
    this.#headers.delete(key);
    for (const [old, { until }] of this.#headers) if (until <= this.#now()) this.#headers.delete(old);
    const [oldest] = this.#headers.keys();
    if (oldest !== undefined && this.#headers.size >= maxKeptHeaders) this.#headers.delete(oldest);
    this.#headers.set(key, { header, challenges, until: this.#now() + 1000 * seconds });
  }

  get size(): number {
    return this.#headers.size;
  }

  #hash(text: string): string {
    return createHmac("sha256", this.#hashKey).update(text).digest("base64");
  }
}

/** A header, what it answers, and how long it is good for. */
export interface MadeHeader {
  readonly header: Secret;
  readonly challenges: readonly Challenge[];
  readonly seconds: number;
}

interface KeptHeader {
  readonly header: Secret;
  readonly challenges: readonly Challenge[];
  readonly until: number;
}

/** As JSON, in which no two credentials are the same text. */
function formatCredential(credential: Credential): string {
  return JSON.stringify(
    credential.kind === "basic"
      ? [credential.kind, credential.username, credential.password.reveal()]
      : [credential.kind, credential.token.reveal()],
  );
}
