import type { Fields } from "./fields.ts";

/** The fields of something that says how much disk it is about. */
export function usageFields(path: string, means: string): Fields {
  return { [`${path}.bytes`]: `bytes: ${means}`, [`${path}.inodes`]: "number: the files and directories of that" };
}
