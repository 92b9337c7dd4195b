/** What a store has: images by id, and the tags that name them. */
export interface ModelState {
  readonly ids: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, string>;
}

/** What changes that. A pull brings what the registry has under the tag; a removal takes an image with all its names. */
export type ModelChange =
  | { readonly kind: "pull"; readonly tag: string; readonly id: string }
  | { readonly kind: "remove"; readonly tag: string };

export const emptyState: ModelState = { ids: new Set(), tags: new Map() };

/** Each state that the changes can lead to, in whatever order they take effect; those that are `uncertain`, perhaps not at all. */
export function possibleStates(
  state: ModelState,
  certain: readonly ModelChange[],
  uncertain: readonly ModelChange[] = [],
): readonly ModelState[] {
  const states = new Map<string, ModelState>();
  for (const some of subsets(uncertain)) {
    for (const order of permutations([...certain, ...some])) {
      const reached = order.reduce(changed, state);
      states.set(describeState(reached), reached);
    }
  }
  return [...states.values()];
}

/** The state in lines, as a store lists it. */
export function describeState({ ids, tags }: ModelState): string {
  return [...ids, ...[...tags].map(([tag, id]) => `${tag} ${id}`)].toSorted().join("\n");
}

function changed({ ids, tags }: ModelState, change: ModelChange): ModelState {
  if (change.kind === "pull")
    return { ids: new Set([...ids, change.id]), tags: new Map([...tags, [change.tag, change.id]]) };
  const gone = tags.get(change.tag);
  return {
    ids: new Set([...ids].filter((id) => id !== gone)),
    tags: new Map([...tags].filter(([, id]) => id !== gone)),
  };
}

function* subsets<Item>([first, ...rest]: readonly Item[]): Generator<readonly Item[], void, undefined> {
  if (first === undefined) return yield [];
  for (const some of subsets(rest)) {
    yield some;
    yield [first, ...some];
  }
}

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[], void, undefined> {
  if (items.length === 0) yield [];
  for (const [at, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(at, 1))) yield [item, ...rest];
  }
}
