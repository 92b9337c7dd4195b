export { Crc64 } from "./crc64.ts";
export { decodeTarSplitLine, type TarPart } from "./decode-tar-split.ts";
export { type Checksum, TarSplitEncoder } from "./tar-split-encoder.ts";
