import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isStep, type Step } from "@stowage/steps";
import type { DriverPlan } from "./driver-plan.ts";

export interface RunOptions {
  /** Kills the driver this many milliseconds after it has begun to open the store. */
  readonly killAfter?: number | undefined;
}

export interface DriverRun {
  readonly isKilled: boolean;
  /** Milliseconds from when it began to open the store. */
  readonly lasted: number;
  /** How often each step was made, where the driver came to its end. */
  readonly steps: ReadonlyMap<Step, number>;
}

/** The command that carries a plan out, and what it needs in its environment. */
export function driverCommand(plan: DriverPlan): {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
} {
  const program = join(import.meta.dirname, "store-driver.ts");
  const args = ["--conditions=@stowage/source", program, JSON.stringify(plan)];
  return { command: process.execPath, args, env: { ...process.env, NODE_COMPILE_CACHE: compileCache } };
}

/** Hundreds of drivers start: compiling the sources takes half of that. */
export const compileCache: string = join(import.meta.dirname, "..", "node_modules", ".cache", "compiled");

/** Runs the driver to its end or its death. Fails with what it wrote to stderr where it fails by itself. */
export async function runDriver(plan: DriverPlan, { killAfter }: RunOptions = {}): Promise<DriverRun> {
  const { command, args, env } = driverCommand(plan);
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let openedAt = performance.now();
  child.stdout.once("data", () => {
    openedAt = performance.now();
    if (killAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfter);
  });
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const [stdout, stderr, [code, signal]] = await outcome;
  const isKilled = signal === "SIGKILL";
  if (code !== 0 && !isKilled) throw new Error(`The store driver ended with ${code ?? signal}\n${stderr}`);
  return { isKilled, lasted: performance.now() - openedAt, steps: isKilled ? new Map() : stepsIn(stdout) };
}

/** Behind the line that says that it has begun. */
function stepsIn(stdout: string): ReadonlyMap<Step, number> {
  const [, counts = "[]"] = stdout.split("\n");
  const entries: readonly (readonly [string, number])[] = JSON.parse(counts);
  return new Map(entries.flatMap(([step, count]) => (isStep(step) ? [[step, count] as const] : [])));
}
