import { Command, Help } from "commander";
import type { Hints } from "../output/describe-failure.ts";
import type { Fields } from "../output/fields.ts";
import type { CommonOptions } from "../store/common-options.ts";
import type { Terminal } from "../terminal.ts";
import { Call } from "./call.ts";
import { type Example, verbHelp } from "./verb-help.ts";

/**
 * A verb of the command is a value, made by a function in a file of its own, and listed in `all-verbs.ts`. What it declares is
 * the one source of `--help`, the man pages, docs/cli.md and the completion.
 *
 *     export function removeVerb(): Verb {
 *       return new Verb("rm", "Remove images with all their names")
 *         .helpGroup(groups.images)
 *         .argument("<image...>", "names, ids or beginnings of ids")
 *         .example("stowage rm alpine:3", "remove an image and all its names")
 *         .answers(imageFields)
 *         .hints({ "not-found": seeImages })
 *         .runs(async (call: Call, names: readonly string[]) => {
 *           await using open = await call.open();
 *           const images = await call.each(names, (name) => removeImage(open.images, name, call));
 *           call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
 *         });
 *     }
 *
 * - What an argument or the value of an option is called says what completes it: `image`, `pinned`, `file`, `dir`, `verb`; a
 *   choice, by commander's `choices`, is completed as well.
 * - `runs` gets the call, and after it the arguments as commander gives them. The call has the options, this verb's and those of
 *   every verb; `signal`; `terminal`; `open()`, the store or its daemon; `print(answer)`, the one way to stdout; `progress()`, bars
 *   on stderr; `each()`, for work on several things of which some may fail. Errors are thrown, and told by nobody but `main`.
 * - Declaring loads nothing: what a verb needs to run, beside words, it imports inside of `runs`, by `await import`.
 * - Every field that `answers` documents is there in `--json`, and no other; a test holds each verb to that.
 */
export class Verb extends Command {
  readonly examples: Example[] = [];
  /** The fields of its JSON, where it has an answer. */
  fields: Fields = {};
  failureHints: Hints = {};
  /** What is so where it is interrupted: "what had arrived is kept for the next try". */
  kept: string | undefined;
  #run: Run | undefined;

  constructor(name: string, description: string) {
    super(name);
    this.description(description).helpOption("-h, --help", "explain this verb");
  }

  /** Shows a command line, and says in a few words what it does. */
  example(line: string, means: string): this {
    this.examples.push({ line, means });
    return this;
  }

  /** Documents the JSON that it answers. */
  answers(fields: Fields): this {
    this.fields = fields;
    return this;
  }

  /** Says what to try where it fails, by the kind of failure; it comes after the message and a semicolon. */
  hints(hints: Hints): this {
    this.failureHints = hints;
    return this;
  }

  /** Says what is kept where it is interrupted. */
  keeps(what: string): this {
    this.kept = what;
    return this;
  }

  /** What it does. */
  runs<Options extends object>(run: (call: Call<Options>, ...operands: Operands) => Promise<void>): this {
    this.#run = (terminal, operands) => {
      const call = new Call(this, terminal, this.optsWithGlobals<Options & CommonOptions>());
      return call.finish(run(call, ...operands));
    };
    return this;
  }

  /** Lets it run at this terminal; then commander calls it. */
  runsAt(terminal: Terminal): this {
    return this.action(async (...given) => {
      await this.#run?.(terminal, given.slice(0, -2));
    });
  }

  override createHelp(): Help {
    return Object.assign(new Help(), { formatHelp: (_: Command, helper: Help) => verbHelp(this, helper) });
  }
}

type Action = Parameters<Command["action"]>[0];
/** Whatever commander hands to an action. */
export type Operands = Parameters<Action>;
type Run = (terminal: Terminal, operands: Operands) => Promise<void>;
