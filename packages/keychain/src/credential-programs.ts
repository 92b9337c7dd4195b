import { performance } from "node:perf_hooks";
import type { Credential } from "@stowage/auth";
import { SharedWork } from "@stowage/shared-work";
import type { Environment } from "./auth-file-places.ts";
import { askCredentialProgram } from "./credential-program.ts";

export interface CredentialProgramsOptions {
  readonly env: Environment;
  readonly timeoutMilliseconds: number;
  /** How long an answer counts. */
  readonly answerMilliseconds: number;
}

interface Answer {
  readonly credential: Credential | undefined;
  /** On the monotonic clock, milliseconds. */
  readonly until: number;
}

/** Asks credential programs: the same question once at a time, and not again for a while. */
export class CredentialPrograms {
  readonly #options: CredentialProgramsOptions;
  readonly #asked = new SharedWork<Credential | undefined>();
  readonly #answers = new Map<string, Answer>();

  constructor(options: CredentialProgramsOptions) {
    this.#options = options;
  }

  async ask(name: string, server: string, signal?: AbortSignal): Promise<Credential | undefined> {
    const question = `${name} ${server}`;
    const known = this.#answers.get(question);
    if (known !== undefined && isGood(known)) return known.credential;
    await using shares = new AsyncDisposableStack();
    const work = async (ending: AbortSignal) => {
      const credential = await askCredentialProgram(name, server, { ...this.#options, signal: ending });
      this.#keep(question, credential);
      return credential;
    };
    return await this.#asked.join(question, work, { signal, shares });
  }

  #keep(question: string, credential: Credential | undefined): void {
    for (const [other, answer] of this.#answers) if (!isGood(answer)) this.#answers.delete(other);
    this.#answers.set(question, { credential, until: performance.now() + this.#options.answerMilliseconds });
  }
}

function isGood({ until }: Answer): boolean {
  return performance.now() < until;
}
