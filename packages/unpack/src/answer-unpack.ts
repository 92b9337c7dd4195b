import type { MessagePort } from "node:worker_threads";
import { encodeError } from "./error-transfer.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";
import { type UnpackJob, unpackLayer } from "./unpack-layer.ts";

/** The worker's side: unpacks the blocks that come through `port`, answers once, and lets the thread end. */
export async function answerUnpack(port: MessagePort, job: UnpackJob): Promise<void> {
  port.postMessage(await answerTo(receiveBlocks(port), job));
  port.close();
}

async function answerTo(blocks: AsyncIterable<Uint8Array>, job: UnpackJob): Promise<FromWorker> {
  try {
    return { kind: "done", ...(await unpackLayer(blocks, job)) };
  } catch (error) {
    return { kind: "failed", error: encodeError(error) };
  }
}

/** Blocks as they come. Asking for the next one says that the last is done with. */
async function* receiveBlocks(port: MessagePort): AsyncGenerator<Uint8Array, void, undefined> {
  const inbox = openInbox(port);
  for (;;) {
    const message = await inbox.next();
    if (message.kind === "end") return;
    if (message.kind === "stop") throw new Error("Cannot go on unpacking: it was called off");
    yield message.bytes;
    const consumed: FromWorker = { kind: "consumed", bytes: message.bytes.byteLength };
    port.postMessage(consumed);
  }
}

/** Messages in order, but a stop before all others. */
function openInbox(port: MessagePort): { next(): Promise<ToWorker> } {
  const waiting: ToWorker[] = [];
  let arrival = Promise.withResolvers<void>();
  port.on("message", (message: ToWorker) => {
    if (message.kind === "stop") waiting.unshift(message);
    else waiting.push(message);
    arrival.resolve();
  });
  return {
    async next() {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined) return message;
        arrival = Promise.withResolvers();
        await arrival.promise;
      }
    },
  };
}
