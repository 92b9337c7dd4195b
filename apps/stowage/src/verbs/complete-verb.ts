import type { Call } from "./call.ts";
import { Verb } from "./verb.ts";

/**
 * What the scripts of shells ask: after `--`, the words before the cursor. The answer is a line for each candidate, with a tab before
 * what it means, and at last what else completes: `:files`, `:directories` or `:nothing`.
 */
export function completeVerb(): Verb {
  const verb = new Verb("__complete", "Say what can be typed");
  return verb
    .argument("[word...]", "the words after the command's name, the last as far as it is typed")
    .runs(async (call: Call, words: readonly string[] = []) => {
      const { printCandidates } = await import("../actions/print-candidates.ts");
      await printCandidates(verb.parent ?? verb, words, call);
    });
}
