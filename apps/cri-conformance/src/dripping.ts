import { setTimeout as delay } from "node:timers/promises";
import { type FakeRegistry, type Fault, when } from "@stowage/registry-fake";

/** Blobs that begin to arrive and do not end. */
export interface Dripping {
  /** When the first byte of one was sent. */
  readonly begun: Promise<void>;
  /** How many are being sent now. */
  readonly open: number;
}

/** Bytes come as slowly as this: nobody is done with a layer, and a connection that was closed is noticed. */
const dripMilliseconds = 10;

/** Lets a registry send its blobs a byte at a time. */
export function dripBlobs(registry: FakeRegistry): Dripping {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let open = 0;
  async function* drops(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    open += 1;
    try {
      for (let at = 0; at < bytes.length; at += 1) {
        yield bytes.subarray(at, at + 1);
        begin();
        await delay(dripMilliseconds);
      }
    } finally {
      open -= 1;
    }
  }
  const drip: Fault = async (request, next) => {
    const answer = await next(request);
    return answer.body instanceof Uint8Array ? { ...answer, body: drops(answer.body) } : answer;
  };
  registry.wrap(when(/^GET .*\/blobs\//, drip));
  return {
    begun,
    get open() {
      return open;
    },
  };
}
