import { type Digest, digestOf } from "./digest.ts";

/** The chain ids of a stack of layers, bottom first (OCI image-spec, config.md, "Layer ChainID"). */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}

/** The chain id of a stack that has a layer at the least. */
export function chainIdOf(diffIds: readonly Digest[]): Digest {
  const top = chainIds(diffIds).at(-1);
  if (top === undefined) throw new Error("a chain without layers has no id");
  return top;
}
