export { briefly } from "./briefly.ts";
export { type JoinOptions, SharedWork } from "./shared-work.ts";
export { within } from "./within.ts";
