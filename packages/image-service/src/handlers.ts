import { StowageError } from "@stowage/errors";
import type { Platform } from "@stowage/oci";
import type { Snapshotter } from "@stowage/snapshots";

/** What a runtime handler of the kubelet wants otherwise than the default one. */
export interface Handler {
  /** For which images are chosen; this machine's where it is left out. */
  readonly platform?: Platform | undefined;
  /** That unpacks its layers, by name; the default one where it is left out. */
  readonly snapshotter?: string | undefined;
}

/** The runtime handlers by their names. */
export type Handlers = ReadonlyMap<string, Handler>;

/** The handler of this name; the empty one is the default. Fails with `invalid-argument` for one that is not configured. */
export function requireHandler(handlers: Handlers, name: string): Handler {
  const handler = name === "" ? {} : handlers.get(name);
  if (handler !== undefined) return handler;
  const known = [...handlers.keys()].map((each) => `"${each}"`).join(", ");
  const others = known === "" ? "there is only the default one" : `there are the default one and ${known}`;
  throw new StowageError("invalid-argument", `Cannot use runtime handler "${name}": it is not configured; ${others}`);
}

/** The snapshotters of a store: that of the default handler, and the others by name. */
export class Snapshotters<Kind = Snapshotter>
  implements Iterable<readonly [name: string | undefined, snapshotter: Kind]>
{
  readonly #all: ReadonlyMap<string | undefined, Kind>;

  constructor(byDefault: Kind, others: ReadonlyMap<string, Kind> = new Map()) {
    this.#all = new Map<string | undefined, Kind>([[undefined, byDefault], ...others]);
  }

  /** `undefined` for one that is not open. */
  find(name: string | undefined): Kind | undefined {
    return this.#all.get(name);
  }

  /** Fails with `failed-precondition` for one that is not open. */
  get(name: string | undefined): Kind {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new StowageError("failed-precondition", `Cannot use snapshotter "${name ?? ""}": it is not open`);
  }

  [Symbol.iterator](): Iterator<readonly [string | undefined, Kind]> {
    return this.#all[Symbol.iterator]();
  }
}
