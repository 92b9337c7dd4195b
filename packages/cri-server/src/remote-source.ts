import { codeOfStatus, type LoadedThing, type LoadRequest, type LoadResponse } from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { ImageSource } from "@stowage/image-service";
import type { Descriptor, Digest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import { within } from "@stowage/shared-work";

/** What the daemon asks of the client during a load. */
export type LoadAsk = Extract<LoadResponse["step"], { readonly case: "open" | "more" | "close" }>;

/** The client of a load as the source of the image: it is asked for a message of bytes at a time, some ahead of whoever reads them. */
export class RemoteSource implements ImageSource {
  readonly root: Descriptor;
  readonly names: readonly Reference[];
  /** As the client says; whoever may open the socket is believed. */
  readonly origin: LoadedThing["origin"];
  readonly #ask: (ask: LoadAsk) => void;
  readonly #reads = new Map<number, ArrivingBytes>();
  #opened = 0;
  /** Why the client sends nothing any more. */
  #end: unknown;

  constructor({ root, names, origin }: LoadedThing, ask: (ask: LoadAsk) => void) {
    this.root = root;
    this.names = names;
    this.origin = origin;
    this.#ask = ask;
  }

  async *read(
    digest: Digest,
    from: number,
    { signal }: AbortOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    this.#opened += 1;
    const read = this.#opened;
    const arriving = new ArrivingBytes();
    this.#reads.set(read, arriving);
    if (this.#end !== undefined) arriving.fail(this.#end);
    this.#ask({ case: "open", value: open(read, digest, from) });
    for (let ahead = 0; ahead < messagesAhead; ahead += 1) this.#more(read);
    try {
      for (let data = await within(arriving.next(), signal); data !== undefined; ) {
        yield data;
        this.#more(read);
        data = await within(arriving.next(), signal);
      }
    } finally {
      this.#reads.delete(read);
      this.#ask({ case: "close", value: { $typeName: "stowage.v1.LoadClose", read } });
    }
  }

  /** Takes what the client sends, until it sends no more. */
  async listen(requests: AsyncIterable<LoadRequest>): Promise<void> {
    try {
      for await (const { step } of requests) this.#take(step);
      this.#fail(hasLeft());
    } catch (cause) {
      this.#fail(hasLeft(cause));
    }
  }

  #take(step: LoadRequest["step"]): void {
    if (step.case === "bytes") this.#reads.get(step.value.read)?.add(step.value.data);
    if (step.case !== "end") return;
    const { read, code, message } = step.value;
    const arriving = this.#reads.get(read);
    if (code === 0) arriving?.end();
    else arriving?.fail(failureOf(code, message));
  }

  #fail(error: unknown): void {
    this.#end = error;
    for (const arriving of this.#reads.values()) arriving.fail(error);
  }

  #more(read: number): void {
    this.#ask({ case: "more", value: { $typeName: "stowage.v1.LoadMore", read } });
  }
}

/** However its end of the call went: it is no fault of the daemon's. */
export function hasLeft(cause?: unknown): StowageError {
  return new StowageError("unavailable", "Cannot load: the client has left", { cause });
}

/** What a client could not read, for a reason of its own or for one that is not known here. */
function failureOf(status: number, message: string): StowageError {
  const code = codeOfStatus(status);
  return new StowageError(code === "internal" ? "unavailable" : code, message);
}

function open(read: number, digest: Digest, from: number): Extract<LoadAsk, { readonly case: "open" }>["value"] {
  return { $typeName: "stowage.v1.LoadOpen", read, digest, from: BigInt(from) };
}

/** Messages that are on their way for each read: enough that neither side waits for the other. */
const messagesAhead = 3;

/** The bytes of one read, as they come. */
class ArrivingBytes {
  readonly #waiting: Uint8Array[] = [];
  #wake = Promise.withResolvers<void>();
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  /** Fails the read of a client that sends what nobody asked for. */
  add(data: Uint8Array): void {
    if (this.#waiting.length > messagesAhead)
      return this.fail(new StowageError("invalid-argument", "Cannot load: more bytes came than were asked for"));
    this.#waiting.push(data);
    this.#wake.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake.resolve();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake.resolve();
  }

  /** The next of them; `undefined` after the last. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const data = this.#waiting.shift();
      if (data !== undefined) return data;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#hasEnded) return undefined;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}
