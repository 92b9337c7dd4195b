import { parentPort } from "node:worker_threads";
import { answerUnpacks } from "./answer-unpack.ts";

if (parentPort === null) throw new Error("Cannot run the unpack worker: it is not in a worker thread");
answerUnpacks(parentPort);
