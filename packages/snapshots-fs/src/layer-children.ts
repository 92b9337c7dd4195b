import { readLayerRecords } from "./layer-record.ts";

/** Which layers stand on which: read from the records of all layers at the first question, and told of every change. */
export class LayerChildren {
  readonly #home: string;
  /** The ids of children, by the id of the layer that they stand on. */
  #children: Map<string, Set<string>> | undefined;

  constructor(home: string) {
    this.#home = home;
  }

  async has(parent: string): Promise<boolean> {
    this.#children ??= await readChildren(this.#home);
    return (this.#children.get(parent)?.size ?? 0) > 0;
  }

  add(child: string, parent: string | undefined): void {
    if (this.#children !== undefined) addTo(this.#children, child, parent);
  }

  remove(child: string, parent: string | undefined): void {
    if (parent !== undefined) this.#children?.get(parent)?.delete(child);
  }
}

async function readChildren(home: string): Promise<Map<string, Set<string>>> {
  const children = new Map<string, Set<string>>();
  for (const [id, { parent }] of await readLayerRecords(home)) addTo(children, id, parent);
  return children;
}

function addTo(children: Map<string, Set<string>>, child: string, parent: string | undefined): void {
  if (parent === undefined) return;
  const siblings = children.get(parent);
  if (siblings === undefined) children.set(parent, new Set([child]));
  else siblings.add(child);
}
