export { createDecoded } from "./decoded.ts";
export { createFiles, type Files, type FileText, maxFileBytes } from "./text-files.ts";
