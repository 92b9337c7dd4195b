import type { Writable } from "node:stream";
import { visibleText } from "./output/visible-text.ts";

/** A stream that may be a terminal; its size is that of this moment. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface TerminalStreams {
  /** The answer, and nothing else. */
  readonly stdout: Output;
  /** Everything that is told on the way. */
  readonly stderr: Output;
  /** What ends a verb early. */
  readonly signal: AbortSignal;
  /** The time in milliseconds since the epoch; that of the machine, where it is left out. */
  readonly now?: () => number;
}

/**
 * Where a verb's words go. Lines that are told stand above what is shown; what is shown is drawn anew in its place. Between two
 * writes the cursor is always on the line below everything, so that there is nothing to restore, however the process ends.
 */
export class Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
  readonly now: () => number;
  #shown: readonly string[] = [];

  constructor({ stdout, stderr, signal, now = Date.now }: TerminalStreams) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.signal = signal;
    this.now = now;
  }

  /** Whether what is shown on stderr can be drawn anew. */
  get isLive(): boolean {
    return this.stderr.isTTY === true && process.env["TERM"] !== "dumb";
  }

  /** One line on stderr; what a terminal would obey is made visible. */
  tell(line: string): void {
    this.#write(`${visibleText(line)}\n`, this.#shown);
  }

  /** Draws these lines, which fit the terminal, in place of those shown before. Nothing is written where nothing changed. */
  show(lines: readonly string[]): void {
    if (lines.length === this.#shown.length && lines.every((line, at) => line === this.#shown[at])) return;
    this.#write("", lines);
  }

  #write(above: string, lines: readonly string[]): void {
    const back = this.#shown.length === 0 ? "" : `\u001B[${this.#shown.length}A\r\u001B[J`;
    this.stderr.write(`${back}${above}${lines.map((line) => `${line}\n`).join("")}`);
    this.#shown = lines;
  }
}
