import { parentPort, workerData } from "node:worker_threads";
import { answerWrites } from "./answer-writes.ts";
import type { WriterJob } from "./write-request.ts";

if (parentPort === null) throw new Error("Cannot run the writer of the image index: it is not in a worker thread");
const job: WriterJob = workerData;
answerWrites(parentPort, job);
