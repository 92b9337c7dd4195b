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

/** How fast a body must come while somebody waits for it, looked at once in every window. */
export interface Rate {
  readonly bytesPerSecond: number;
  readonly windowMilliseconds: number;
}

/** A modem's speed: what is slower for twenty seconds hardly moves, and a fresh connection is the better bet. */
export const defaultLeastRate: Rate = { bytesPerSecond: 4 * 1024, windowMilliseconds: 20_000 };

/** When and how often a host is asked again that failed for the moment. */
export interface Retries {
  /** How often each host is asked for one thing. */
  readonly rounds: number;
  /** The wait after the first round; it doubles with each. Of every wait, up to half is left to chance. */
  readonly firstMilliseconds: number;
  /** No wait is longer, and a host that asks for a longer one is given up. */
  readonly maxMilliseconds: number;
}

/** Four seconds in all where a host says nothing, and a minute for one that says when to come back. */
export const defaultRetries: Retries = { rounds: 5, firstMilliseconds: 250, maxMilliseconds: 60_000 };

/** For this long a mirror that could not be reached is asked last. */
export const shunMilliseconds = 30_000;

/** How large blobs come. */
export interface Chunks {
  /** What one ranged request asks for. Smaller blobs are asked for at once. */
  readonly bytes: number;
  /** How many requests for one blob are under way at once, each holding up to its bytes in memory. */
  readonly width: number;
  /** A line that brings a chunk this fast is not made faster by a second connection: it gets one, and larger chunks. */
  readonly fastBytesPerSecond: number;
}

/** 4 times 6 MiB is what one blob may hold in memory; a request for less would feel its round trip. Fast is more than a gigabit. */
export const defaultChunks: Chunks = { bytes: 6 * 1024 * 1024, width: 4, fastBytesPerSecond: 160 * 1024 * 1024 };

/** As far as the chunks of a fast line grow: should it become slow, this much comes over one connection. */
export const maxChunkBytes: number = 128 * 1024 * 1024;

/** So many times in a row a body may be cut off with less than `progressBytes` gained. */
export const maxFruitlessTries = 5;

/** What makes a try a fruitful one. */
export const progressBytes: number = 64 * 1024;

/** A page of a list: a registry that knows no pages sends all tags of a repository at once, tens of thousands of them. */
export const maxPageBytes: number = 16 * 1024 * 1024;

/** Pages of one list: ten times as many as the largest repositories have of a hundred tags each. */
export const maxPages = 10_000;

/** Tags or referrers in one list; beyond, it is taken for one without an end. */
export const maxListed = 1_000_000;

/** Bytes of a chunk where the registry asks for chunks and the caller does not say: what is sent again after a cut. */
export const defaultPushChunkBytes: number = 16 * 1024 * 1024;

/** For this long a caller waits for an upload to be taken back that nobody will finish; its registry drops it in time too. */
export const takeBackMilliseconds = 2_000;

/** How often an index of referrers is written again because another client wrote its own meanwhile. */
export const maxIndexWrites = 5;
