import { type Answer, type AnswerForm, chooseForm, formatAnswer, type NextAnswer } from "../output/answer.ts";
import { describeFailure, type Hints, tellFailure } from "../output/describe-failure.ts";
import type { ExitCode } from "../output/exit-codes.ts";
import type { Fields } from "../output/fields.ts";
import type { Progress } from "../progress/progress.ts";
import type { CommonOptions } from "../store/common-options.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Terminal } from "../terminal.ts";

/** What a verb has declared that a run of it goes by. */
export interface Declared {
  /** The fields of its JSON. */
  readonly fields: Fields;
  readonly failureHints: Hints;
}

/** One run of a verb. */
export class Call<Options extends object = object> {
  readonly options: Options & CommonOptions;
  readonly terminal: Terminal;
  readonly #verb: Declared;
  readonly #form: AnswerForm;
  #failed: FailedError | undefined;

  constructor(verb: Declared, terminal: Terminal, options: Options & CommonOptions) {
    this.#verb = verb;
    this.terminal = terminal;
    this.options = options;
    this.#form = chooseForm(options, verb.fields);
  }

  /** What ends it early. */
  get signal(): AbortSignal {
    return this.terminal.signal;
  }

  /** The store that the options name, or the daemon that holds it. */
  async open(options: { readonly authFile?: string | undefined } = {}): Promise<OpenImages> {
    const { openImages } = await import("../store/open-images.ts");
    return await openImages(this.options, options);
  }

  /** Prints the answer as it was asked for: for people, as JSON, or through a template. */
  print(answer: Answer): void {
    this.terminal.stdout.write(formatAnswer(answer, this.#form, this.terminal.stdout));
  }

  /** Prints the next of a stream when the one before is out, and returns whether it is, too; where not, nobody reads any more. */
  async printNext(answer: NextAnswer): Promise<boolean> {
    const { stdout } = this.terminal;
    const { writeBlock } = await import("../output/write-bytes.ts");
    return await writeBlock(stdout, formatAnswer(answer, this.#form, stdout), this);
  }

  /** Whether the answer is printed for people; then what is no data can go with it. */
  get isForPeople(): boolean {
    return this.#form.kind === "screen";
  }

  /** Shows on stderr how work goes on, from now until it is disposed of; nothing, where `quiet` is set. */
  async progress({ quiet = false }: { readonly quiet?: boolean | undefined } = {}): Promise<Progress & Disposable> {
    const { openProgress } = await import("../progress/progress.ts");
    return openProgress(this.terminal, { quiet });
  }

  /**
   * Does `work` with each thing, in order, and returns what came of it. One that fails is told, and does not stop the others; the
   * exit code is that of the first failure.
   */
  async each<Thing, Result>(
    things: readonly Thing[],
    work: (thing: Thing) => Promise<Result>,
  ): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (const thing of things) {
      try {
        results.push(await work(thing));
      } catch (error) {
        this.signal.throwIfAborted();
        this.#tellFailure(error);
      }
    }
    return results;
  }

  /** The same at once, for work that takes its turns by itself. */
  async eachAtOnce<Thing, Result>(
    things: readonly Thing[],
    work: (thing: Thing) => Promise<Result>,
  ): Promise<readonly Result[]> {
    const results = await Promise.all(things.map((thing) => this.each([thing], work)));
    return results.flat();
  }

  /** Waits for the end, and throws where something has failed on the way. */
  async finish(work: Promise<void>): Promise<void> {
    await work;
    if (this.#failed !== undefined) throw this.#failed;
  }

  #tellFailure(error: unknown): void {
    const { options, terminal } = this;
    const failure = describeFailure(error, { hints: this.#verb.failureHints, verbose: options.verbose === true });
    const code = tellFailure(failure, terminal);
    this.#failed ??= new FailedError(code);
  }
}

/** Something has failed, and was told; nothing is left but the exit code. */
export class FailedError extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode) {
    super(`some of it failed, with exit code ${code}`);
    this.name = new.target.name;
    this.code = code;
  }
}
