import type { MessagePort } from "node:worker_threads";
import { encodeError } from "./error-transfer.ts";
import { JobInbox } from "./job-inbox.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";
import { type UnpackJob, unpackLayer } from "./unpack-layer.ts";

/** The worker's side: unpacks the layers that come through `port`, one after another, and answers once for each. */
export function answerUnpacks(port: MessagePort): void {
  let inbox: JobInbox | undefined;
  port.on("message", (message: ToWorker) => {
    if (message.kind === "start") void answer(port, message.job, (inbox = new JobInbox()));
    else inbox?.add(message);
  });
}

/** Says nothing after the answer: whatever comes then belongs to the next job. */
async function answer(port: MessagePort, job: UnpackJob, inbox: JobInbox): Promise<void> {
  const message = await answerTo(receiveBlocks(port, inbox), job);
  inbox.close();
  port.postMessage(message);
}

async function answerTo(blocks: AsyncIterable<Uint8Array>, job: UnpackJob): Promise<FromWorker> {
  try {
    return { kind: "done", ...(await unpackLayer(blocks, job)) };
  } catch (error) {
    return { kind: "failed", error: encodeError(error) };
  }
}

/** Blocks as they come. Asking for the next one says that the last is done with, which is passed on now and then. */
async function* receiveBlocks(port: MessagePort, inbox: JobInbox): AsyncGenerator<Uint8Array, void, undefined> {
  let untold = 0;
  for (;;) {
    const message = await inbox.next();
    if (message.kind === "end") return;
    if (message.kind === "stop") throw new Error("Cannot go on unpacking: it was called off");
    const size = message.bytes.byteLength;
    yield message.bytes;
    untold += size;
    if (untold < tellingSize || !inbox.isOpen) continue;
    const consumed: FromWorker = { kind: "consumed", bytes: untold };
    port.postMessage(consumed);
    untold = 0;
  }
}

/** Little enough to have the next blocks sent in time, and more than a small layer, for which the answer says all. */
const tellingSize = 512 * 1024;
