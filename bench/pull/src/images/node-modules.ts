import type { TarFile } from "@stowage/tar";
import { type Random, startRandom } from "./random.ts";
import type { SourceText } from "./source-text.ts";

/** A directory of installed packages below `directory`: files as many, as small and as nested as they are there. */
export function* nodeModules(directory: string, text: SourceText): Generator<TarFile> {
  const random = startRandom(seed);
  for (let number = 0, files = 0; files < leastFiles; number += 1) {
    const scope = random.next() < scopedShare ? `@${text.word(random)}/` : "";
    const home = `${directory}/node_modules/${scope}${text.word(random)}-${number}`;
    for (const name of fileNames(text, random)) {
      yield { kind: "file", name: `${home}/${name}`, content: contentOf(name, text, random), mtime };
      files += 1;
    }
  }
}

function* fileNames(text: SourceText, random: Random): Generator<string> {
  yield* ["package.json", "LICENSE", "README.md", "index.js"];
  const modules = Math.round(logNormal(random, { median: 6, spread: 1.1 }));
  for (let number = 0; number < modules; number += 1) {
    const inner = random.next() < innerShare ? `part-${random.below(2)}/` : "";
    const name = `${inner}${text.word(random)}-${number}`;
    for (const form of forms) yield form.replace("*", name);
  }
}

function contentOf(name: string, text: SourceText, random: Random): Uint8Array {
  const bytes = Math.min(Math.max(Math.round(logNormal(random, sizes)), leastBytes), mostBytes);
  return name.endsWith(".map") ? sourceMap(name, bytes, random) : text.text(bytes, random);
}

function sourceMap(name: string, bytes: number, random: Random): Uint8Array {
  const segments: string[] = [];
  for (let length = 0; length < bytes; length += (segments.at(-1)?.length ?? 0) + 1) {
    const fields = Array.from({ length: 4 }, () => base64[Math.floor(random.next() ** 3 * base64.length)]);
    segments.push(fields.join(""));
  }
  return Buffer.from(JSON.stringify({ version: 3, sources: [name], mappings: segments.join(",") }));
}

function logNormal(random: Random, { median, spread }: { readonly median: number; readonly spread: number }): number {
  return median * Math.exp(spread * random.normal());
}

/** What compilers make of one module. */
const forms = ["dist/esm/*.js", "dist/esm/*.js.map", "dist/cjs/*.js", "dist/types/*.d.ts", "src/*.ts"] as const;

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const sizes = { median: 1_700, spread: 1.35 } as const;
const leastBytes = 200;
const mostBytes = 200_000;
const leastFiles = 42_000;
const scopedShare = 0.3;
const innerShare = 0.3;
const seed = 40_000;

/** npm says this of every file it unpacks. */
const mtime = BigInt(Date.UTC(1985, 9, 26, 8, 15)) * 1_000_000n;
