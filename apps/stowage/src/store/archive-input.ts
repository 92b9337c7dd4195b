import { StowageError } from "@stowage/errors";

export interface AskedInput {
  /** The two mean the same; `-`, and nothing, is standard input. */
  readonly input?: string | undefined;
  readonly file?: string | undefined;
}

/** Where an archive comes from; `undefined` is standard input. Fails with `invalid-argument` where that is a terminal. */
export function chooseInput({ input, file }: AskedInput, { isTTY }: { readonly isTTY?: boolean }): string | undefined {
  if (input !== undefined && file !== undefined) throw refusal("there are two archives; name one");
  const path = input ?? file ?? "-";
  if (path !== "-") return path;
  if (isTTY === true) throw refusal("standard input is a terminal; name an archive with -i");
  return undefined;
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot load: ${why}`);
}
