import type { DataFate } from "./content.ts";
import { type CrashModel, describeEffect, type Effect } from "./effect.ts";
import type { PendingEffects } from "./pending-effects.ts";

/** What becomes of pending effects; what is not in it is kept. Only of a write there may be a part. */
export type Loss = ReadonlyMap<Effect, Exclude<DataFate, "kept">>;

/** A number from 0 up to 1. */
export type Random = () => number;

export interface LossOptions {
  readonly model: CrashModel;
  readonly random: Random;
  /** How many losses are made up at random. */
  readonly mixtures: number;
}

/** Disks write sectors whole, and most programs count on nothing larger. */
const sector = 512;

/** The losses that find most faults, then random ones; each as the model allows it. */
export function* losses(pending: PendingEffects, options: LossOptions): Generator<Loss, void> {
  const { list } = pending;
  yield new Map();
  if (list.length === 0) return;
  for (const loss of chosenLosses(pending, options)) yield allowed(loss, pending, options.model);
  for (let mixture = 0; mixture < options.mixtures; mixture += 1) {
    yield allowed(randomLoss(pending, options), pending, options.model);
  }
}

function* chosenLosses(pending: PendingEffects, { model, random }: LossOptions): Generator<Loss, void> {
  const { list } = pending;
  const data = list.filter((effect) => pending.isData(effect));
  const names = list.filter((effect) => !pending.isData(effect));
  yield all(list, "lost");
  yield all(data, "lost");
  if (model === "posix") yield all(data, "zeros");
  yield all(names, "lost");
  yield all(names.slice(-1), "lost");
  yield all(names.slice(0, 1), "lost");
  yield all(data.slice(0, 1), "lost");
  yield new Map(data.slice(-1).map((effect) => [effect, torn(effect, random)]));
}

function randomLoss(pending: PendingEffects, { model, random }: LossOptions): Loss {
  const share = random();
  const hit = pending.list.filter(() => random() < share);
  return new Map(hit.map((effect) => [effect, pending.isData(effect) ? randomFate(effect, model, random) : "lost"]));
}

function randomFate(effect: Effect, model: CrashModel, random: Random): Exclude<DataFate, "kept"> {
  const choice = random();
  if (choice < 0.5) return "lost";
  return choice < 0.6 && model === "posix" ? "zeros" : torn(effect, random);
}

/** A write of which only the sectors on one side of a boundary reached the disk. */
function torn({ of }: Effect, random: Random): Exclude<DataFate, "kept"> {
  if (of.kind !== "write") return "lost";
  const length = of.bytes.byteLength;
  const first = Math.floor(of.offset / sector) + 1;
  const last = Math.ceil((of.offset + length) / sector) - 1;
  if (last < first) return "lost";
  const boundary = (first + Math.floor(random() * (last - first + 1))) * sector - of.offset;
  return random() < 0.75 ? { from: 0, to: boundary } : { from: boundary, to: length };
}

function all(effects: readonly Effect[], fate: "lost" | "zeros"): Loss {
  return new Map(effects.map((effect) => [effect, fate]));
}

/** A journal loses from some moment on; with it goes the data for which it had to be written. */
function allowed(loss: Loss, pending: PendingEffects, model: CrashModel): Loss {
  if (model === "posix") return loss;
  const cut = pending.list.findIndex((effect) => !pending.isData(effect) && loss.has(effect));
  if (cut === -1) return loss;
  const gone = pending.list.slice(cut).filter((effect) => !pending.isFree(effect));
  return new Map([...loss, ...all(gone, "lost")]);
}

/** More are not read in a message. */
const describedAtMost = 6;

/** For people: what is missing, or "nothing". */
export function describeLoss(loss: Loss): string {
  if (loss.size === 0) return "nothing";
  const parts = [...loss].map(([effect, fate]) => describeEffect(effect) + describeFate(fate));
  const rest = parts.length - describedAtMost;
  return parts.slice(0, describedAtMost).join(", ") + (rest > 0 ? `, and ${rest} more` : "");
}

function describeFate(fate: DataFate): string {
  if (typeof fate === "string") return fate === "zeros" ? " (zeros instead)" : "";
  return ` (but bytes ${fate.from} to ${fate.to} of it)`;
}
