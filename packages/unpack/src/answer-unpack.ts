import type { MessagePort } from "node:worker_threads";
import { ArrivingFile, type CompressedBytes } from "./arriving-file.ts";
import { encodeError } from "./error-transfer.ts";
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
  port.postMessage(await answerTo(toldOf(port, file), job));
}

async function answerTo(bytes: CompressedBytes, job: UnpackJob): Promise<FromWorker> {
  try {
    return { kind: "done", ...(await unpackLayer(bytes, job)) };
  } catch (error) {
    return { kind: "failed", error: encodeError(error) };
  }
}

/** The same bytes; what has been read of them is told now and then. */
function toldOf(port: MessagePort, file: ArrivingFile): CompressedBytes {
  let told = 0;
  return {
    readNow: (into) => {
      const count = file.readNow(into);
      if (file.position - told >= tellingSize) {
        told = file.position;
        const message: FromWorker = { kind: "read", bytes: told };
        port.postMessage(message);
      }
      return count;
    },
    arrival: () => file.arrival(),
  };
}

/** Often enough for whoever watches, and more than a small layer, for which the answer says all. */
const tellingSize = 1024 * 1024;
