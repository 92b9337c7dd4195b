export { type Admission, type ArchiveOrigin, type Candidate, type Origin } from "./admission.ts";
export { AdmissionRefusedError } from "./admission-refused-error.ts";
export { admitAll } from "./admit-all.ts";
