/** Error bodies are read for their words: a registry's fits into a few hundred bytes, a proxy's page may be longer. */
export const maxErrorBytes: number = 64 * 1024;

/** A token answer: the token goes into a header, and no server takes one of this size. */
export const maxTokenBytes: number = 64 * 1024;

/** Characters of a registry's words that go into a message. */
export const maxWords = 1024;

/** As browsers and Go's client have it; registries need one or two. */
export const maxRedirects = 10;

/** What a thrown-away answer may still send to leave its connection usable; a longer one costs the connection. */
export const maxDiscardedBytes: number = 64 * 1024;

/** Seconds a token lives whose answer does not say (distribution, `spec/auth/token.md`). */
export const defaultTokenSeconds = 60;

/** Seconds before its end from which a token is not used any more: the request must arrive while it is good. */
export const tokenSkewSeconds = 10;

/** Seconds for which a name and password that a registry took are sent to it unasked: as long as a pull of many layers. */
export const basicSeconds = 3600;

/** Headers that are kept at once: a node pulls from tens of repositories, and a token has a few KB. */
export const maxKeptHeaders = 1024;

/** Milliseconds that each step of a request may take. */
export interface Timeouts {
  readonly connect: number;
  /** From the request to the head of its answer. */
  readonly headers: number;
  /** Between two pieces of a body. */
  readonly body: number;
  /** For the whole of a small answer: a document, a token, an error. */
  readonly document: number;
}

/** Slow registries answer within seconds; what takes longer than this is dead, and another try is the better bet. */
export const defaultTimeouts: Timeouts = { connect: 15_000, headers: 30_000, body: 60_000, document: 120_000 };
