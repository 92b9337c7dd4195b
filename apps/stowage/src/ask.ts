import { createInterface } from "node:readline/promises";
import { addAbortSignal, Writable } from "node:stream";
import { Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import type { Terminal } from "./terminal.ts";

/** A line that somebody types. Fails with `invalid-argument` where nobody sits there. */
export async function askLine(prompt: string, terminal: Terminal): Promise<string> {
  return await ask(prompt, terminal, { isShown: true });
}

/** The same, and nobody sees it. */
export async function askSecret(prompt: string, terminal: Terminal): Promise<Secret> {
  return new Secret(await ask(prompt, terminal, { isShown: false }));
}

/** All of standard input, without the line end that `echo` leaves. The signal ends the wait for it at once. */
export async function readSecret(signal: AbortSignal): Promise<Secret> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size > maxSecretBytes)
        throw new StowageError(
          "invalid-argument",
          `Cannot read the password: it has more than ${maxSecretBytes} bytes`,
        );
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return new Secret(
    Buffer.concat(chunks)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
  );
}

/** The longest tokens that registries give have a few thousand. */
const maxSecretBytes = 64 * 1024;

async function ask(
  prompt: string,
  { stderr, signal }: Terminal,
  { isShown }: { readonly isShown: boolean },
): Promise<string> {
  if (process.stdin.isTTY !== true || stderr.isTTY !== true)
    throw new StowageError("invalid-argument", "Cannot ask on this terminal: use --username and --password-stdin");
  if (!isShown) stderr.write(prompt); // otherwise it is part of the line that is edited
  const output = isShown ? stderr : new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const interrupt = Promise.withResolvers<never>();
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT")); // a terminal in this mode sends it as a key
  lines.once("close", () => interrupt.reject(signal.aborted ? signal.reason : noAnswer()));
  try {
    return await Promise.race([lines.question(isShown ? prompt : "", { signal }), interrupt.promise]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    interrupt.promise.catch(() => undefined);
    lines.close();
    if (!isShown) stderr.write("\n");
  }
}

function noAnswer(): StowageError {
  return new StowageError("invalid-argument", "Cannot log in: there was no answer");
}
