export { decodeTar, type TarMember } from "./decode-tar.ts";
export { encodeTar, type TarFile } from "./encode-tar.ts";
export { type TarLimits, tarLimits } from "./limits.ts";
export { type ContentSink } from "./sparse-content.ts";
export { type TarEntry, type TarKind } from "./tar-entry.ts";
export { TarReader, type TarSink } from "./tar-reader.ts";
