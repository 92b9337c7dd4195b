import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Somebody who fetches the blob: a shell command. */
export interface Contender {
  readonly name: string;
  readonly command: string;
}

export interface Lap {
  readonly seconds: number;
  /** User and system time of all processes of the command. */
  readonly processorSeconds: number;
  /** What the command prints, if it is a number: its peak memory in MiB. */
  readonly peakMebibytes: number | undefined;
}

/** Runs the command once, as bash's `time` measures it. */
export async function runLap({ command }: Contender): Promise<Lap> {
  const { stdout, stderr } = await run("bash", ["-o", "pipefail", "-c", `TIMEFORMAT='%R %U %S'; time { ${command}; }`]);
  const [seconds = 0, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  const peak = /^\d+$/.test(stdout.trim()) ? Number(stdout) : undefined;
  return { seconds, processorSeconds: user + system, peakMebibytes: peak };
}

export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
