import type { MessagePort } from "node:worker_threads";
import { ArrivingFile, type CompressedBytes } from "./arriving-file.ts";
import { encodeError } from "./error-transfer.ts";
import { ReadTeller } from "./read-teller.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";
import { type UnpackJob, unpackLayer } from "./unpack-layer.ts";

/** The worker's side: unpacks the layers that come through `port`, one after another, and answers once for each. */
export function answerUnpacks(port: MessagePort): void {
  let file: ArrivingFile | undefined;
  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "start":
        file = new ArrivingFile(message.job);
        return void answer(port, message.job, file);
      case "arrived":
        return file?.note(message.bytes);
      case "stop":
        return file?.stop();
      case "end":
        return port.close();
    }
  });
}

async function answer(port: MessagePort, job: UnpackJob, file: ArrivingFile): Promise<void> {
  const teller = new ReadTeller((bytes) => {
    const message: FromWorker = { kind: "read", bytes };
    port.postMessage(message);
  });
  port.postMessage(await answerTo(file, job, () => teller.note(file.position)));
}

async function answerTo(bytes: CompressedBytes, job: UnpackJob, onChunk: () => void): Promise<FromWorker> {
  try {
    return { kind: "done", ...(await unpackLayer(bytes, job, onChunk)) };
  } catch (error) {
    return { kind: "failed", error: encodeError(error) };
  }
}
