import { type LayerRecipe, type MadeImage, makeImage } from "@stowage/image-fixtures";
import { bytesOf, Random } from "./random.ts";

const imageCount = 25;
const layerCount = 15;
/** Every fifth layer is so large that a fault can meet it on its way. */
const largeBytes = 3 * 1024 * 1024;
const smallBytes = 40 * 1024;

/** Images that have many of their layers in common. The same seed gives the same ones. */
export function soakImages(seed: string): readonly MadeImage[] {
  const random = new Random(`images ${seed}`);
  const layers = Array.from({ length: layerCount }, (_, at) => layerAt(at, seed));
  const platform = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
  return Array.from({ length: imageCount }, (_, at) => {
    const shared = Array.from({ length: random.between(1, 4) }, () => random.choose(layers));
    const own = { files: [{ kind: "file", name: "etc/image", content: bytesOf(`image ${seed} ${at}`, 100) }] } as const;
    return makeImage({ platforms: [{ platform, layers: [...new Set(shared), own] }] });
  });
}

function layerAt(at: number, seed: string): LayerRecipe {
  const content = bytesOf(`layer ${seed} ${at}`, at % 5 === 0 ? largeBytes : smallBytes);
  const directory = { kind: "directory", name: `layer-${at}/`, mode: 0o755 } as const;
  return { files: [directory, { kind: "file", name: `layer-${at}/filler`, content, mode: 0o644 }] };
}
