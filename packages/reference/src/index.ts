export { InvalidReferenceError, type InvalidReferenceReason } from "./invalid-reference-error.ts";
export { formatFamiliar, formatReference, formatRepository, parseReference, type Reference } from "./reference.ts";
