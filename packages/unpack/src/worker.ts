import { parentPort, workerData } from "node:worker_threads";
import { answerUnpack } from "./answer-unpack.ts";
import type { UnpackJob } from "./unpack-layer.ts";

if (parentPort === null) throw new Error("Cannot run the unpack worker: it is not in a worker thread");
const job: UnpackJob = workerData;
await answerUnpack(parentPort, job);
