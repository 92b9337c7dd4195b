export { InvalidReferenceError, type InvalidReferenceReason } from "./invalid-reference-error.ts";
export {
  findReference,
  formatFamiliar,
  formatReference,
  formatRepository,
  parseReference,
  type Reference,
} from "./reference.ts";
export { findShortName, type NameCandidates, type ShortName } from "./short-name.ts";
export { type ArchiveTransport, completeSourceName, parseSourceName, type SourceName } from "./source-name.ts";
