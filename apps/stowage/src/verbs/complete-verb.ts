import { formatFamiliar, parseReference } from "@stowage/reference";
import type { Candidate, Completed } from "../completion/completed.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "./call.ts";
import { Verb } from "./verb.ts";

/**
 * What the scripts of shells ask: after `--`, the words before the cursor. The answer is a line for each candidate, with a tab before
 * what it means, and at last what else completes: `:files`, `:directories` or `:nothing`.
 */
export function completeVerb(): Verb {
  return new Verb("__complete", "Say what can be typed")
    .argument("[word...]", "the words after the command's name, the last as far as it is typed")
    .runs(async (call: Call, words: readonly string[] = []) => {
      const { completeWords } = await import("../completion/complete-words.ts");
      const { createProgram } = await import("../program.ts");
      const { completed, given } = completeWords(createProgram(call.terminal), words);
      const candidates = await candidatesOf(completed, given);
      const current = words.at(-1) ?? "";
      const lines = candidates
        .filter(({ text }) => text.startsWith(current))
        .map(({ text, means }) => `${text}\t${means}`);
      const rest = completed.kind === "files" || completed.kind === "directories" ? completed.kind : "nothing";
      call.terminal.stdout.write(`${[...lines, `:${rest}`].join("\n")}\n`);
    });
}

async function candidatesOf(completed: Completed, given: ReadonlyMap<string, string>): Promise<readonly Candidate[]> {
  if (completed.kind === "words") return completed.words;
  if (completed.kind !== "names") return [];
  const { openImages } = await import("../store/open-images.ts");
  try {
    await using open = await openImages(Object.fromEntries(given));
    return (await open.images.list()).flatMap(({ tags, id }) =>
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
