import { isDeepStrictEqual } from "node:util";
import { EffectCutter } from "./effect.ts";
import type { Recording } from "./record-file-calls.ts";
import { Replay } from "./replay.ts";
import { type Directory, type TreeNode, walkTree } from "./tree.ts";

/**
 * Fails with a plain `Error` unless the calls lead to the tree that was `found` after them: then some of them were not
 * seen, or took effect in another order than they ended. Only names, kinds, content and the targets of links count.
 */
export function checkRecording(recording: Recording, found: Directory): void {
  const replayed = new Map(walkTree(replay(recording)));
  const real = new Map(walkTree(found));
  for (const path of new Set([...replayed.keys(), ...real.keys()])) {
    if (isSame(replayed.get(path), real.get(path))) continue;
    throw new Error(`Cannot trust the recording: the calls in it do not lead to "${path}" as it is`);
  }
}

function replay({ before, calls }: Recording): Directory {
  const cutter = new EffectCutter(before, "ext4");
  const replay = new Replay(before);
  for (const [index, call] of calls.entries()) for (const effect of cutter.cut(call, index)) replay.add(effect);
  return replay.state(new Map()).tree;
}

function isSame(replayed: TreeNode | undefined, real: TreeNode | undefined): boolean {
  return isDeepStrictEqual(gistOf(replayed), gistOf(real));
}

function gistOf(node: TreeNode | undefined): readonly unknown[] {
  if (node?.kind === "file") return [node.kind, Buffer.from(node.content)];
  return node?.kind === "symlink" ? [node.kind, node.target] : [node?.kind];
}
