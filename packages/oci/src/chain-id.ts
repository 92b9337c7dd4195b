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
