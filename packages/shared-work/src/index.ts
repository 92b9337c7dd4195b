export { type LinkedSignal, linked } from "./linked.ts";
export { type JoinOptions, SharedWork } from "./shared-work.ts";
export { within } from "./within.ts";
