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

/** Blocks as they come. Asking for the next one says that the last is done with. */
async function* receiveBlocks(port: MessagePort, inbox: JobInbox): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const message = await inbox.next();
    if (message.kind === "end") return;
    if (message.kind === "stop") throw new Error("Cannot go on unpacking: it was called off");
    yield message.bytes;
    const consumed: FromWorker = { kind: "consumed", bytes: message.bytes.byteLength };
    if (inbox.isOpen) port.postMessage(consumed);
  }
}
