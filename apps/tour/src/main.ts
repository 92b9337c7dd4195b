import { parseArgs } from "node:util";
import { isErrno, StowageError } from "@stowage/errors";
import { tour } from "./tour.ts";

const usage = `Usage: npm start [-- [--plain-http] [IMAGE]]

Starts a daemon on a fresh store in a temporary directory and makes the calls a kubelet makes, with IMAGE
or, where none is named, with a small one from a registry of its own. It leaves nothing behind.
`;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
}
// A reader who has seen enough does not keep the tour from clearing up after itself.
process.stdout.on("error", (error) => {
  if (!isErrno(error, "EPIPE")) process.exitCode = 1;
});
const code = await main(process.argv.slice(2));
if (code !== 0) process.exitCode = code;

async function main(args: readonly string[]): Promise<number> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  try {
    const { values, positionals } = parse(args);
    if (values.help) print(usage);
    else await tour({ image: positionals[0], plainHttp: values["plain-http"], print, signal: stopped.signal });
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function parse(args: readonly string[]) {
  const options = {
    "plain-http": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length > 1) throw new StowageError("invalid-argument", usage);
  return { values, positionals };
}
