import { Argument } from "commander";
import type { Shell } from "../completion/shell-scripts.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function completionVerb(): Verb {
  return new Verb("completion", "Print a script by which a shell completes this command")
    .helpGroup(groups.command)
    .addArgument(new Argument("<shell>", "the shell that the script is for").choices(["bash", "zsh", "fish"]))
    .example("source <(stowage completion bash)", "complete in this shell")
    .example("stowage completion zsh > ~/.zfunc/_stowage", "in every zsh, with ~/.zfunc in its fpath")
    .example("stowage completion fish | source", "in this fish")
    .runs(async (call: Call, shell: Shell) => {
      const { shellScripts } = await import("../completion/shell-scripts.ts");
      call.terminal.stdout.write(shellScripts[shell]);
    });
}
