import { parseArgs } from "node:util";
import type { Contender } from "./contender.ts";
import { contenders } from "./contenders.ts";
import { type ImageName, imageNames } from "./images/recipes.ts";

export interface CommandLine {
  readonly images: readonly ImageName[];
  readonly contenders: readonly Contender[];
  readonly runs: number;
  /** Where the registry's files stay from one time to the next. */
  readonly shelf: string | undefined;
  readonly json: boolean;
}

/** What somebody typed that makes no sense, and what would. */
export class UsageError extends Error {}

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { image, contender, runs, shelf, json } = parseOptions(args);
  if (!/^[1-9]\d{0,3}$/.test(runs)) throw new UsageError(`--runs takes a number from 1 on, not "${runs}"`);
  verifyKnown("image", image, imageNames);
  const names = contenders.map(({ name }) => name);
  verifyKnown("contender", contender, names);
  return {
    images: imageNames.filter((name) => image?.includes(name) ?? true),
    contenders: contenders.filter(({ name }) => contender?.includes(name) ?? true),
    runs: Number(runs),
    shelf,
    json,
  };
}

function parseOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        image: { type: "string", multiple: true },
        contender: { type: "string", multiple: true },
        runs: { type: "string", default: "5" },
        shelf: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function verifyKnown(kind: string, chosen: readonly string[] | undefined, known: readonly string[]): void {
  const unknown = chosen?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no ${kind} "${unknown}"; there are: ${known.join(", ")}`);
  }
}
