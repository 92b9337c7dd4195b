import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function helpVerb(): Verb {
  const verb = new Verb("help", "Explain a verb, or list all of them");
  return verb
    .helpGroup(groups.command)
    .argument("[verb]", "the verb to explain")
    .example("stowage help pull", "the same as stowage pull --help")
    .runs(async (_: Call, name: string | undefined) => {
      const program = verb.parent;
      const explained = name === undefined ? program : program?.commands.find((each) => isCalled(each, name));
      // That there is no such verb, and which one may be meant, the program itself says of it.
      if (explained === undefined) await program?.parseAsync([String(name)], { from: "user" });
      else explained?.outputHelp();
    });
}

function isCalled(verb: { name(): string; aliases(): string[] }, name: string): boolean {
  return verb.name() === name || verb.aliases().includes(name);
}
