import { parseArgs } from "node:util";
import { StowageError } from "@stowage/errors";
import type { Case } from "./case.ts";
import { cases } from "./cases.ts";
import { type Outcome, runCase } from "./run-case.ts";

const usage = `Usage: cri-conformance --endpoint unix:///run/stowage/stowage.sock [--json] [--only TEXT]

Asks a CRI image service what a kubelet would ask, and says where it answers otherwise than it should.
It has to pull over plain http from a registry on 127.0.0.1, which this program starts.

  --endpoint URL  the socket
  --json          a line of JSON for each case
  --only TEXT     the cases alone that have TEXT in their name
`;

process.exitCode = await main(process.argv.slice(2));

/** The border of the process: 0 where every case passes, 1 where one differs, 2 where nothing could be asked. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { endpoint, json, only, help } = parse(args);
    if (!help) return await report(endpoint, { json, chosen: cases.filter(({ name }) => name.includes(only)) });
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    process.stderr.write(`cri-conformance: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

interface Report {
  readonly json: boolean;
  readonly chosen: readonly Case[];
}

async function report(endpoint: string, { json, chosen }: Report): Promise<number> {
  let passed = 0;
  for (const one of chosen) {
    const outcome = await runCase(endpoint, one);
    if (outcome.kind === "pass") passed += 1;
    const { name, source } = one;
    process.stdout.write(`${json ? JSON.stringify({ name, source, ...outcome }) : line(one, outcome)}\n`);
  }
  if (!json) process.stdout.write(`${passed} of ${chosen.length} pass\n`);
  return passed === chosen.length ? 0 : 1;
}

function line({ name, source }: Case, outcome: Outcome): string {
  const told = `${outcome.kind.padEnd(7)}  ${name} (${source})`;
  return outcome.kind === "pass"
    ? told
    : `${told}\n         expected ${outcome.expected}\n         came ${outcome.came}`;
}

function parse(args: readonly string[]) {
  const options = {
    endpoint: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (!values.help && !values.endpoint.startsWith("unix:///"))
    throw new StowageError("invalid-argument", `Cannot ask "${values.endpoint}": expected unix:///path`);
  return values;
}
