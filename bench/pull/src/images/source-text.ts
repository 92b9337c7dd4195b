import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Random } from "./random.ts";

/** Text that compresses as sources do, of any length. */
export interface SourceText {
  text(bytes: number, random: Random): Uint8Array;
  /** A word in lower case, as files and packages are called by. */
  word(random: Random): string;
}

/** Out of the sources of one package that is here anyway: runs of its lines, and the words in them. */
export async function readSourceText(): Promise<SourceText> {
  const directory = dirname(fileURLToPath(import.meta.resolve("zod/package.json")));
  const names = await readdir(directory, { recursive: true });
  const sources = names.filter((name) => /\.[cm]?[jt]s$/.test(name)).toSorted();
  const texts = await Promise.all(sources.map((name) => readFile(join(directory, name), "utf8")));
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.length < longestLine);
  const words = [...new Set(texts.join("\n").match(/\b[a-z]{4,10}\b/g))];
  return {
    text: (bytes, random) => assemble(lines, bytes, random),
    word: (random) => words[random.below(words.length)] ?? "word",
  };
}

function assemble(lines: readonly string[], bytes: number, random: Random): Uint8Array {
  const parts: string[] = [];
  for (let length = 0; length < bytes; ) {
    const start = random.below(lines.length);
    const run = lines.slice(start, start + shortestRun + random.below(longestRun - shortestRun)).join("\n");
    parts.push(run);
    length += run.length + 1;
  }
  return Buffer.from(parts.join("\n")).subarray(0, bytes);
}

/** Leaves out what is generated. */
const longestLine = 200;

/** In lines: about a function. */
const shortestRun = 8;
const longestRun = 40;
