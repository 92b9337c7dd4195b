import { parseArgs } from "node:util";
import { tellLook, tellProfile, tellReport } from "./report.ts";
import { soak } from "./soak.ts";
import { findLeaks } from "./verdict.ts";

const usage = `Usage: soak [--minutes 30] [--clients 20] [--seed TEXT]

Starts the daemon and lets clients pull, list and remove images at random, under faults that come and go.
Then everything is removed, and the daemon must hold no more than it did before.
`;

process.exitCode = await main(process.argv.slice(2));

/** The border of the process: 0 where nothing leaks, 1 where something does. */
async function main(args: readonly string[]): Promise<number> {
  const { minutes, clients, seed, help } = parse(args);
  if (help) return say(usage);
  say(`seed ${seed}\n`);
  const report = await soak({
    seconds: Number(minutes) * 60,
    clients: Number(clients),
    seed,
    onLook: (look, seconds, calls) => void say(`${tellLook(look, seconds, calls)}\n`),
  });
  say(tellReport(report));
  say(tellProfile("idle, with an empty store", report.fresh));
  say(tellProfile("at rest, after the soak", report.atRest));
  const leaks = findLeaks(report);
  say(leaks.length === 0 ? "nothing leaks\n" : `${leaks.map((leak) => `LEAK  ${leak}`).join("\n")}\n`);
  return leaks.length === 0 ? 0 : 1;
}

function say(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

function parse(args: readonly string[]) {
  const options = {
    minutes: { type: "string", default: "30" },
    clients: { type: "string", default: "20" },
    seed: { type: "string", default: crypto.randomUUID() },
    help: { type: "boolean", default: false },
  } as const;
  return parseArgs({ args: [...args], options }).values;
}
