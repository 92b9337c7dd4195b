export { type JoinOptions, SharedWork } from "./shared-work.ts";
export { within } from "./within.ts";
