import { openStore, type StoreSettings } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { carryOut } from "./store-command.ts";
import type { FromStoreProcess, ToStoreProcess } from "./store-messages.ts";

const settings: StoreSettings = JSON.parse(process.argv[2] ?? "");
const store = await openStore(settings);
process.on("message", (message: ToStoreProcess) => void answer(message));
send({ kind: "open" });

/** Commands are carried out as they come, several at once. */
async function answer(message: ToStoreProcess): Promise<void> {
  if (message.kind === "close") return await close();
  const { id, command } = message;
  try {
    send({ kind: "done", id, lines: await carryOut(store, command) });
  } catch (error) {
    send({ kind: "failed", id, ...describeFailure(error) });
  }
}

/** Of what nobody foresaw, also where it comes from. */
function describeFailure(
  error: unknown,
): Pick<Extract<FromStoreProcess, { readonly kind: "failed" }>, "code" | "message"> {
  if (error instanceof StowageError) return { code: error.code, message: error.message };
  return { code: undefined, message: error instanceof Error ? String(error.stack) : String(error) };
}

/** What could not be thrown away is told at the end, and is no reason to stay. */
async function close(): Promise<void> {
  try {
    await store[Symbol.asyncDispose]();
  } catch {
    process.exitCode = 1;
  }
  process.disconnect?.();
}

function send(message: FromStoreProcess): void {
  process.send?.(message);
}
