import { parseCommandLine, UsageError } from "./command-line.ts";
import { compare } from "./compare.ts";
import type { ImageResult } from "./result.ts";
import { formatTable } from "./table.ts";

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort(new Error(`Stopped by ${name}`)));
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const { json, ...choice } = parseCommandLine(process.argv.slice(2));
  const onImage = json ? undefined : (image: ImageResult): void => void process.stdout.write(formatTable(image));
  const result = await compare(choice, { tell, onImage, signal: stop.signal });
  if (json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (stop.signal.aborted) {
    tell(String(stop.signal.reason)); // what else failed did so for that
    return 130;
  }
  if (!(error instanceof UsageError)) throw error;
  tell(error.message);
  return 2;
}
