export { type Recording, type RecordOptions, recordFileCalls } from "./record-file-calls.ts";
