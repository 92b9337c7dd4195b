import { create } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import {
  decodePullEvent,
  decodeStoredImage,
  encodeLoadBegin,
  type LoadRequest,
  LoadRequestSchema,
  type LoadResponse,
  type StoreService,
  statusCodes,
} from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import { type ImageSource, type LoadOptions, pacedProgress } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { parseDigest } from "@stowage/oci";
import { Outbox } from "./outbox.ts";

/** Loads an image over the socket: the daemon asks for what it has not, and gets it from the source. */
export async function loadOver(
  client: Pick<Client<typeof StoreService>, "load">,
  source: ImageSource,
  { signal, ...asked }: LoadOptions,
): Promise<Image> {
  const outbox = new Outbox<LoadRequest>();
  outbox.push(create(LoadRequestSchema, { step: { case: "begin", value: encodeLoadBegin(source, asked) } }));
  using progress = pacedProgress(asked);
  const given = new GivenReads(source, outbox);
  const options: CallOptions = signal === undefined ? {} : { signal };
  try {
    for await (const response of client.load(outbox, options)) {
      const { step } = response;
      if (step.case === "image") return decodeStoredImage(step.value);
      const event = step.case === "progress" ? decodePullEvent(step.value) : undefined;
      if (event !== undefined) progress.tell(event);
      given.answer(step);
    }
    throw new StowageError("internal", "Cannot load: the daemon gave no answer");
  } finally {
    outbox.end();
    given.end();
  }
}

/** What the daemon reads of a source. */
class GivenReads {
  readonly #source: ImageSource;
  readonly #outbox: Outbox<LoadRequest>;
  readonly #reads = new Map<number, GivenRead>();

  constructor(source: ImageSource, outbox: Outbox<LoadRequest>) {
    this.#source = source;
    this.#outbox = outbox;
  }

  answer(step: LoadResponse["step"]): void {
    if (step.case === "open") this.#open(step.value);
    if (step.case === "more") this.#reads.get(step.value.read)?.giveMore();
    if (step.case === "close") this.#close(step.value.read);
  }

  end(): void {
    for (const read of this.#reads.keys()) this.#close(read);
  }

  #open({ read, digest, from }: { readonly read: number; readonly digest: string; readonly from: bigint }): void {
    const bytes = pieces(this.#source.read(parseDigest(digest), Number(from)));
    this.#reads.set(read, new GivenRead(bytes, (step) => this.#give(read, step)));
  }

  #give(read: number, given: Given): void {
    const step: LoadRequest["step"] =
      given.kind === "bytes"
        ? { case: "bytes", value: { $typeName: "stowage.v1.LoadBytes", read, data: given.data } }
        : { case: "end", value: { $typeName: "stowage.v1.LoadEnd", read, code: given.code, message: given.message } };
    this.#outbox.push(create(LoadRequestSchema, { step }));
  }

  #close(read: number): void {
    this.#reads.get(read)?.end();
    this.#reads.delete(read);
  }
}

type Given =
  | { readonly kind: "bytes"; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end"; readonly code: number; readonly message: string };

/** One read: a message each time that more is asked for. */
class GivenRead {
  readonly #bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  readonly #give: (given: Given) => void;
  #turn: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>, give: (given: Given) => void) {
    this.#bytes = bytes;
    this.#give = give;
  }

  giveMore(): void {
    this.#turn = this.#turn.then(() => this.#giveOne());
  }

  end(): void {
    this.#hasEnded = true;
    this.#turn = this.#turn.then(async () => void (await this.#bytes.return()));
    this.#turn.catch(() => undefined); // nobody wants to know any more
  }

  async #giveOne(): Promise<void> {
    if (this.#hasEnded) return;
    try {
      const { done, value } = await this.#bytes.next();
      if (done !== true) return this.#give({ kind: "bytes", data: value });
      this.#giveEnd({ code: 0, message: "" });
    } catch (error) {
      this.#giveEnd(endOf(error));
    }
  }

  #giveEnd(end: { readonly code: number; readonly message: string }): void {
    if (!this.#hasEnded) this.#give({ kind: "end", ...end });
    this.#hasEnded = true;
  }
}

function endOf(error: unknown): { readonly code: number; readonly message: string } {
  if (error instanceof StowageError) return { code: statusCodes[error.code], message: error.message };
  const why = error instanceof Error ? error.message : "it failed";
  return { code: statusCodes.unavailable, message: `Cannot read what is loaded: ${why}` };
}

/** Each fits a message. */
async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) yield new Uint8Array(chunk.subarray(at, at + pieceBytes));
  }
}

/** Large enough that a message costs little beside its bytes. */
const pieceBytes = 1024 ** 2;
