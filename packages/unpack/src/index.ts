export { type UnpackLimits, unpackLimits } from "./limits.ts";
export { createUnpacker, type UnpackerOptions } from "./unpacker.ts";
