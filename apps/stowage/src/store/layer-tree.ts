import { diffIdsOf, type Image } from "@stowage/images";
import { chainIds } from "@stowage/oci";

/** Layers that always come together, and what stands on them. */
export interface LayerNode {
  /** The chain id of the topmost of them; empty of images without layers. */
  readonly chain: string;
  readonly layers: number;
  readonly bytes: number;
  /** The images that have no layers above these. */
  readonly images: readonly Image[];
  readonly children: readonly LayerNode[];
  /** How many images stand on them. */
  readonly sharedBy: number;
}

interface Growing {
  readonly chain: string;
  readonly bytes: number;
  readonly images: Image[];
  readonly children: Map<string, Growing>;
}

/** What the images stand on, from the bottom up, in their order. */
export function growTree(images: readonly Image[]): readonly LayerNode[] {
  const roots = new Map<string, Growing>();
  for (const image of images) {
    let level = roots;
    let top: Growing | undefined;
    const chains = chainIds(diffIdsOf(image));
    for (const [at, chain] of (chains.length === 0 ? [""] : chains).entries()) {
      top = level.get(chain) ?? { chain, bytes: image.layers[at]?.bytes ?? 0, images: [], children: new Map() };
      level.set(chain, top);
      level = top.children;
    }
    top?.images.push(image);
  }
  return [...roots.values()].map(joined);
}

/** A layer with the one above it, where that is the only thing that stands on it. */
function joined(node: Growing): LayerNode {
  const { chain, bytes, images } = node;
  const children = [...node.children.values()].map(joined);
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0 && images.length === 0)
    return { ...only, layers: only.layers + 1, bytes: only.bytes + bytes };
  const sharedBy = children.reduce((sum, child) => sum + child.sharedBy, images.length);
  return { chain, layers: chain === "" ? 0 : 1, bytes, images, children, sharedBy };
}
