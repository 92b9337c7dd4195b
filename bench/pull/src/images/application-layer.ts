import type { TarFile } from "@stowage/tar";
import { startRandom } from "./random.ts";
import type { SourceText } from "./source-text.ts";

/** The top of an application: its own files, and changes to those `below`, of which it replaces some and hides others. */
export function* applicationLayer(directory: string, text: SourceText, below: Iterable<TarFile>): Generator<TarFile> {
  const random = startRandom(seed);
  for (let number = 0; number < ownFiles; number += 1) {
    const name = `${directory}/src/${text.word(random)}/${text.word(random)}-${number}.js`;
    yield { kind: "file", name, content: text.text(500 + random.below(10_000), random), mtime };
  }
  let number = 0;
  for (const { name } of below) {
    number += 1;
    if (number % replacedEvery === 0) yield { kind: "file", name, content: text.text(4_000, random), mtime };
    else if (number % hiddenEvery === 0) yield { kind: "file", name: whiteoutOf(name), mtime };
  }
}

/** OCI image-spec, layer.md, "Whiteouts". */
function whiteoutOf(name: string): string {
  const slash = name.lastIndexOf("/") + 1;
  return `${name.slice(0, slash)}.wh.${name.slice(slash)}`;
}

const ownFiles = 300;
const replacedEvery = 210;
const hiddenEvery = 401;
const seed = 4;
const mtime = BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1_000_000n;
