import { type CrashModel, EffectCutter, isSync } from "./effect.ts";
import { describeLoss, type Loss, losses, type Random } from "./loss.ts";
import { Ext4Pending, type PendingEffects, PosixPending } from "./pending-effects.ts";
import type { Recording } from "./record-file-calls.ts";
import { Replay } from "./replay.ts";
import { type Directory, walkTree } from "./tree.ts";

export interface CrashOptions {
  readonly model: CrashModel;
  /** The same seed gives the same states. */
  readonly seed?: number;
  /** How many random losses are tried after each call, beside those that are always tried. */
  readonly perPrefix?: number;
}

/** What a power cut may have left. */
export interface CrashState {
  /** The index of the call that the cut followed, -1 before the first. */
  readonly after: number;
  /** What is missing, for messages. */
  readonly lost: string;
  /** What the process had acknowledged. */
  readonly marks: readonly string[];
  readonly tree: Directory;
}

const defaultPerPrefix = 2;

/**
 * The states in which a power cut may leave a root, at any moment of a recording. A tree comes once with the same marks. After a
 * sync alone there is none: it leaves nothing that could not have been left before it.
 */
export function* crashStates(recording: Recording, options: CrashOptions): Generator<CrashState, void> {
  const seen = new Set<string>();
  for (const { after, marks, replay, ...losing } of prefixes(recording, options)) {
    for (const loss of losing.losses) {
      const { tree, digest } = replay.state(loss);
      const key = `${marks.length} ${digest}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { after, lost: describeLoss(loss), marks, tree };
    }
  }
}

interface Prefix {
  readonly after: number;
  readonly marks: readonly string[];
  readonly replay: Replay;
  readonly losses: Iterable<Loss>;
}

function* prefixes({ before, calls }: Recording, options: CrashOptions): Generator<Prefix, void> {
  const { model, seed = 0, perPrefix: mixtures = defaultPerPrefix } = options;
  const replay = new Replay(before);
  const cutter = new EffectCutter(before, model);
  const pending = startPending(before, model, cutter);
  const losing = { model, random: randomFrom(seed), mixtures };
  let marks: readonly string[] = [];
  yield { after: -1, marks, replay, losses: losses(pending, losing) };
  for (const [after, call] of calls.entries()) {
    if (isSync(call)) {
      pending.sync(call);
      replay.settle(pending.list[0]);
      continue;
    }
    if (call.kind === "mark") marks = [...marks, call.text];
    for (const effect of cutter.cut(call, after)) {
      replay.add(effect);
      pending.add(effect);
    }
    yield { after, marks, replay, losses: losses(pending, losing) };
  }
}

function startPending(before: Directory, model: CrashModel, cutter: EffectCutter): PendingEffects {
  if (model === "posix") return new PosixPending(cutter);
  const files = [...walkTree(before)].flatMap(([, node]) => (node.kind === "file" ? [node] : []));
  return new Ext4Pending(new Map(files.map(({ inode, content }) => [inode, content.byteLength])));
}

/** Mulberry32, by Tommy Ettinger: small, and the same everywhere. */
function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
