export { InvalidReferenceError, type InvalidReferenceReason } from "./invalid-reference-error.ts";
export {
  findReference,
  formatFamiliar,
  formatReference,
  formatRepository,
  parseReference,
  type Reference,
} from "./reference.ts";
