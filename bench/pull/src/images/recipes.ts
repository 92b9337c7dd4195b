import type { AbortOptions } from "@stowage/errors";
import { encodeTar, type TarFile } from "@stowage/tar";
import { applicationLayer } from "./application-layer.ts";
import { debianRoot } from "./debian-root.ts";
import type { TarBlocks } from "./layer-file.ts";
import { type MachineCode, readMachineCode } from "./machine-code.ts";
import { nodeModules } from "./node-modules.ts";
import { startRandom } from "./random.ts";
import { readSourceText } from "./source-text.ts";
import { withParents } from "./with-parents.ts";

export const imageNames = ["debootstrap", "application", "layers-40", "gibibyte"] as const;
export type ImageName = (typeof imageNames)[number];

/** The tars of an image's layers, bottom first; what has to lie on a disk for that lies below `directory` meanwhile. */
export type ImageRecipe = (directory: string, options: AbortOptions) => AsyncIterable<TarBlocks>;

export const recipes: Readonly<Record<ImageName, ImageRecipe>> = {
  async *debootstrap(directory, options) {
    yield debianRoot(directory, options);
  },

  async *application(directory, options) {
    yield debianRoot(directory, options);
    const code = await readMachineCode();
    yield tarOf([{ kind: "file", name: "usr/local/bin/runtime", mode: 0o755, content: code(150e6) }]);
    const text = await readSourceText();
    yield tarOf(nodeModules(home, text));
    yield tarOf(applicationLayer(home, text, nodeModules(home, text)));
  },

  async *"layers-40"() {
    const text = await readSourceText();
    for (let number = 0; number < 40; number += 1) {
      const random = startRandom(number);
      const names = Array.from({ length: 5 }, (_, file) => `opt/part-${number}/${text.word(random)}-${file}.js`);
      yield tarOf(
        names.map((name) => ({ kind: "file", name, content: text.text(1_000 + random.below(8_000), random) })),
      );
    }
  },

  async *gibibyte() {
    yield tarOf(bigFiles(await readMachineCode()));
  },
};

/** Together 1 GiB, of which one is in memory. */
function* bigFiles(code: MachineCode): Generator<TarFile> {
  const bytes = 256 * 1024 ** 2;
  for (const part of [0, 1, 2, 3]) {
    yield { kind: "file", name: `srv/part-${part}`, content: code(bytes, part * bytes) };
  }
}

const home = "usr/src/app";

function tarOf(files: Iterable<TarFile>): TarBlocks {
  return encodeTar(withParents(files));
}
