export { KeyedTurns } from "./keyed-turns.ts";
export { type LinkedSignal, linked } from "./linked.ts";
export { type JoinOptions, SharedWork } from "./shared-work.ts";
export { UnderWay } from "./under-way.ts";
export { within } from "./within.ts";
