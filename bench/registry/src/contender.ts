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
  /** What the command says of itself, if it does: its peak memory in MiB, and its seconds without those to start and end. */
  readonly own: { readonly peakMebibytes: number; readonly seconds: number } | undefined;
}

/** Runs the command once, as bash's `time` measures it. */
export async function runLap({ command }: Contender): Promise<Lap> {
  const { stdout, stderr } = await run("bash", ["-o", "pipefail", "-c", `TIMEFORMAT='%R %U %S'; time { ${command}; }`]);
  const [seconds = 0, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  const [, peak, fetching] = /^(\d+) ([\d.]+)\s*$/.exec(stdout) ?? [];
  const own = peak === undefined ? undefined : { peakMebibytes: Number(peak), seconds: Number(fetching) };
  return { seconds, processorSeconds: user + system, own };
}
