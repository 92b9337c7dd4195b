import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { answerUnpacks } from "./answer-unpack.ts";

/** Of this thread alone: where there are more threads than processors, who answers and who receives comes first. */
const niceness = 10;

if (parentPort === null) throw new Error("Cannot run the unpack worker: it is not in a worker thread");
setPriority(0, niceness); // on Linux, 0 is the calling thread
answerUnpacks(parentPort);
