import { readFile } from "node:fs/promises";

/** In seconds. */
export interface ProcessorTime {
  readonly user: number;
  readonly system: number;
}

/** What a process has used, its threads and the children it has waited for included (proc_pid_stat(5)). */
export async function readProcessorTime(pid: number): Promise<ProcessorTime> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15).map(Number);
  return { user: (user + childrenUser) / ticks, system: (system + childrenSystem) / ticks };
}

/** What `run` costs a process that goes on after it. */
export async function processorTimeOf<Result>(
  pid: number,
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly time: ProcessorTime }> {
  const before = await readProcessorTime(pid);
  const result = await run();
  const after = await readProcessorTime(pid);
  return { result, time: { user: after.user - before.user, system: after.system - before.system } };
}

/** The most memory that a process ever had, in MiB. */
export async function readPeakMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** USER_HZ, which is 100 wherever Node runs on Linux. */
const ticks = 100;
