import { mkdirSync, realpathSync, rmdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isPrivileged, mount, unmount } from "@stowage/linux";
import type { Mount } from "@stowage/snapshots";
import { expect } from "vitest";
import { describeTree } from "./describe-tree.ts";
import type { OfferedImages } from "./offered-images.ts";
import type { StoreCommand } from "./store-command.ts";
import { describeState, emptyState, type ModelChange, type ModelState, possibleStates } from "./store-model.ts";

/** Something to do with a store, among other things. */
export type Doing =
  | { readonly kind: "pull" | "remove"; readonly tag: string }
  | { readonly kind: "mount"; readonly tag: string; readonly holder: string }
  | { readonly kind: "unmount"; readonly holder: string }
  | { readonly kind: "collect" | "check" };

export type Perform = (command: StoreCommand) => Promise<readonly string[]>;

/** Things that were begun at once. */
export interface Going {
  /** When all have ended, well or not. */
  readonly settled: Promise<unknown>;
  /** What has changed for sure by now, and what perhaps. */
  changes(): { readonly certain: readonly ModelChange[]; readonly uncertain: readonly ModelChange[] };
  /** What went wrong, but for what a process that was killed did not answer. */
  readonly failures: readonly unknown[];
}

/** A mount that somebody has, and what it showed at first. */
interface Held {
  readonly target: string | undefined;
  readonly layers: readonly string[];
  readonly shown: string;
}

/** What is expected of a store that several use at once. Disposing it takes its mounts off. */
export interface Interleaved extends AsyncDisposable {
  readonly holders: readonly string[];
  /** The registry has another image under this tag from now on. */
  noteMoved(tag: string, id: string): void;
  begin(perform: Perform, doings: readonly Doing[]): Going;
  /** Expects what the store is now to be what these can lead to, and mounts to show what they did. */
  expectAsModelled(perform: Perform, going: Going): Promise<void>;
  releaseAll(perform: Perform): Promise<void>;
}

export function openInterleaved(offered: OfferedImages, root: string): Interleaved {
  return new ModelledStore(offered, root);
}

class ModelledStore implements Interleaved {
  readonly #offered: OfferedImages;
  readonly #root: string;
  /** What the registry has under each tag. */
  readonly #registered: Map<string, string>;
  readonly #held = new Map<string, Held>();
  /** Holders of which nobody knows whether they hold something. */
  readonly #doubtful = new Set<string>();
  #state: ModelState = emptyState;

  constructor(offered: OfferedImages, root: string) {
    this.#offered = offered;
    this.#root = root;
    this.#registered = new Map(offered.ids);
  }

  get holders(): readonly string[] {
    return [...this.#held.keys()];
  }

  noteMoved(tag: string, id: string): void {
    this.#registered.set(tag, id);
  }

  begin(perform: Perform, doings: readonly Doing[]): Going {
    const certain: ModelChange[] = [];
    const uncertain: ModelChange[] = [];
    const failures: unknown[] = [];
    const run = async (doing: Doing): Promise<void> => {
      const change = this.#changeOf(doing);
      try {
        await this.#do(perform, doing);
        if (change !== undefined) certain.push(change);
      } catch (error) {
        if (!isDeath(error)) failures.push(error);
        if (change !== undefined) uncertain.push(change);
      }
    };
    return {
      settled: Promise.all(doings.map(run)),
      changes: () => ({ certain, uncertain }),
      failures,
    };
  }

  async expectAsModelled(perform: Perform, going: Going): Promise<void> {
    expect(going.failures, "failures").toEqual([]);
    await this.#releaseDoubtful(perform);
    const { certain, uncertain } = going.changes();
    const listed = (await perform({ kind: "list" })).map((line) => line.replace(`${this.#host}/`, "")).toSorted();
    const states = possibleStates(this.#state, certain, uncertain);
    expect(states.map(describeState), "what may be listed").toContain(listed.join("\n"));
    this.#state = states.find((state) => describeState(state) === listed.join("\n")) ?? this.#state;
    for (const [holder, held] of this.#held) expect(show(held), `what ${holder} has mounted`).toBe(held.shown);
    expect(await perform({ kind: "check" }), "found").toEqual([]);
    expect(await perform({ kind: "unaccounted" }), "unaccounted").toEqual([]);
  }

  async releaseAll(perform: Perform): Promise<void> {
    for (const holder of this.holders) await this.#unmount(perform, holder);
    await this.#releaseDoubtful(perform);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held.values()) takeOff(held);
  }

  get #host(): string {
    return this.#offered.registry.host;
  }

  #changeOf(doing: Doing): ModelChange | undefined {
    if (doing.kind === "pull") return { kind: "pull", tag: doing.tag, id: this.#registered.get(doing.tag) ?? "" };
    return doing.kind === "remove" ? { kind: "remove", tag: doing.tag } : undefined;
  }

  async #do(perform: Perform, doing: Doing): Promise<void> {
    switch (doing.kind) {
      case "pull":
        return expect(await perform({ kind: "pull", name: this.#nameOf(doing.tag) })).toEqual([
          this.#registered.get(doing.tag),
        ]);
      case "remove":
        return void (await perform({ kind: "remove", name: this.#nameOf(doing.tag) }));
      case "mount":
        return await this.#mount(perform, doing);
      case "unmount":
        return await this.#unmount(perform, doing.holder);
      case "check":
        return expect(await perform({ kind: "check" })).toEqual([]);
      case "collect":
        return void (await perform({ kind: "collect" }));
    }
  }

  /** An image that is not here, or goes just now, cannot be mounted; then nothing may be held. */
  async #mount(perform: Perform, { tag, holder }: { readonly tag: string; readonly holder: string }): Promise<void> {
    this.#doubtful.add(holder);
    try {
      const mounts = await perform({ kind: "view", name: this.#nameOf(tag), holder });
      this.#held.set(holder, this.#putOn(mounts, holder));
      this.#doubtful.delete(holder);
    } catch (error) {
      if (isDeath(error)) throw error;
      expect(error).toMatchObject({ message: expect.stringMatching(/ is not here\b/) });
    }
  }

  async #unmount(perform: Perform, holder: string): Promise<void> {
    const held = this.#held.get(holder);
    if (held === undefined) return;
    this.#held.delete(holder);
    this.#doubtful.add(holder);
    takeOff(held);
    await perform({ kind: "release", holder });
    this.#doubtful.delete(holder);
  }

  async #releaseDoubtful(perform: Perform): Promise<void> {
    for (const holder of this.#doubtful) await perform({ kind: "release", holder });
    this.#doubtful.clear();
  }

  /** Only root can mount it; others look at the layers. */
  #putOn(mounts: readonly string[], holder: string): Held {
    const [request] = mounts.map((line): Mount => JSON.parse(line));
    if (request === undefined) throw new Error("nothing to mount");
    const layers = layersIn(request);
    for (const layer of layers) expect(this.#isAsOffered(layer), `${layer} as it was offered`).toBe(true);
    const target = isPrivileged() ? `${this.#root} ${holder}` : undefined;
    if (target !== undefined) {
      mkdirSync(target);
      mount({ ...request, target });
    }
    return { target, layers, shown: show({ target, layers }) };
  }

  #isAsOffered(layer: string): boolean {
    return this.#offered.trees.get(basename(dirname(layer))) === describeTree(layer);
  }

  #nameOf(tag: string): string {
    return `${this.#host}/${tag}`;
  }
}

/** The trees of a view, but for the empty one that a single layer needs beside it. */
function layersIn({ options }: Mount): readonly string[] {
  const lower = options.find((option) => option.startsWith("lowerdir=")) ?? "";
  const paths = lower.slice("lowerdir=".length).split(":");
  return paths.filter((path) => !path.endsWith("/empty")).map((path) => realpathSync(path));
}

function show({ target, layers }: Pick<Held, "target" | "layers">): string {
  return [...(target === undefined ? [] : [target]), ...layers].map(describeTree).join("\n\n");
}

function takeOff({ target }: Held): void {
  if (target === undefined) return;
  unmount(target);
  rmdirSync(target);
}

/** What those hear who wait for a process that was killed. */
function isDeath(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("The store process ended");
}
