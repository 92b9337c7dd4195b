import { readFile } from "node:fs/promises";

/** So many bytes of a program, from an offset on, as if it went on over and over. */
export type MachineCode = (bytes: number, from?: number) => Uint8Array;

/** Of this Node: inflating it is real work. */
export async function readMachineCode(): Promise<MachineCode> {
  const program = await readFile(process.execPath);
  return (bytes, from = 0) => {
    const code = Buffer.allocUnsafe(bytes);
    for (let at = 0, start = from % program.byteLength; at < bytes; start = 0) at += program.copy(code, at, start);
    return code;
  };
}
