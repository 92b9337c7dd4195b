import { resolve } from "node:path";
import { formatFamiliar, parseReference } from "@stowage/reference";
import type { Command } from "commander";
import { completeWords } from "../completion/complete-words.ts";
import type { Candidate, Completed } from "../completion/completed.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "../verbs/call.ts";

/** Prints what can stand in place of the last of `words`, for the script of a shell. */
export async function printCandidates(program: Command, words: readonly string[], call: Call): Promise<void> {
  const { completed, prefix, given } = completeWords(program, words);
  const candidates = await candidatesOf(completed, given);
  const current = (words.at(-1) ?? "").slice(prefix.length);
  const fitting = candidates.filter(({ text }) => text.startsWith(current));
  const lines = fitting.map(({ text, means }) => `${prefix}${text}\t${means}`);
  const rest = completed.kind === "files" || completed.kind === "directories" ? completed.kind : "nothing";
  call.terminal.stdout.write(`${[...lines, `:${rest}`].join("\n")}\n`);
}

async function candidatesOf(completed: Completed, given: ReadonlyMap<string, string>): Promise<readonly Candidate[]> {
  if (completed.kind === "words") return completed.words;
  if (completed.kind !== "names") return [];
  const { openExisting } = await import("../store/open-existing.ts");
  try {
    await using open = await openExisting(Object.fromEntries([...given].map(([name, path]) => [name, resolve(path)])));
    return ((await open?.images.list()) ?? []).flatMap(({ tags, id }) =>
      tags.flatMap((tag) => namesOf(tag).map((text) => ({ text, means: shortDigest(id) }))),
    );
  } catch {
    return []; // a shell that completes has nobody to tell
  }
}

/** As people write it, and in full. */
function namesOf(tag: string): readonly string[] {
  const familiar = formatFamiliar(parseReference(tag));
  return familiar === tag ? [tag] : [familiar, tag];
}
