import { answerHost } from "./answer-host.ts";

if (process.send === undefined) throw new Error("Cannot run the host of unpack threads: it has no parent");
const send = process.send.bind(process);
answerHost((message) => void send(message, undefined, undefined, () => undefined)); // where nobody is there any more, it ends
