import { spawn } from "node:child_process";
import { once } from "node:events";
import { Terminal } from "@xterm/headless";

/** A command that runs in a terminal, and what a person sees there. */
export interface InTerminal {
  /** The rows of the screen, without what is empty below. */
  screen(): readonly string[];
  /** Types it, as keys: `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Every byte that the terminal was sent. */
  readonly sent: () => string;
  readonly exited: Promise<number>;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** Whoever runs the tests may have none; a person has them. */
const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...withoutColours } = process.env;

/** Runs a line of shell in a real pseudo-terminal, which `script` makes, and renders it as a terminal of that size does. */
export function runInTerminal(line: string, { rows, columns }: TerminalSize): InTerminal {
  const emulator = new Terminal({ rows, cols: columns, scrollback: 1000, allowProposedApi: true });
  const sized = `stty rows ${rows} cols ${columns}; ${line}`;
  const child = spawn("script", ["--quiet", "--return", "--command", sized, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...withoutColours, TERM: "xterm-256color", SHELL: "/bin/bash" },
  });
  let sent = "";
  child.stdout.on("data", (chunk: Buffer) => {
    sent += chunk.toString("utf8");
    emulator.write(chunk);
  });
  return {
    screen: () => rowsOf(emulator),
    type: (keys) => void child.stdin.write(keys),
    sent: () => sent,
    exited: once(child, "exit").then(async ([code]) => {
      await new Promise<void>((resolve) => emulator.write("", resolve));
      return Number(code);
    }),
  };
}

function rowsOf({ buffer, rows }: Terminal): readonly string[] {
  const lines = Array.from({ length: buffer.active.length }, (_, at) => buffer.active.getLine(at));
  const texts = lines.map((line) => line?.translateToString(true) ?? "");
  const last = texts.findLastIndex((text) => text !== "");
  return texts.slice(Math.max(0, texts.length - rows - buffer.active.baseY), last + 1);
}
