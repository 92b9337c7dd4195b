import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** How the snippet of a package went. What is skipped says why; what failed, with what. */
type Outcome =
  | { readonly kind: "ran" }
  | { readonly kind: "skipped"; readonly why: string }
  | { readonly kind: "failed"; readonly why: string };

/** A snippet shows the smallest use of a package; none of them has anything to wait for. */
const timeoutMilliseconds = 60_000;

process.exitCode = main(join(import.meta.dirname, "..", "packages"));

/** Runs the first snippet of each package's README as its user would: with the package's own name and dependencies. */
function main(packages: string): number {
  const outcomes = globSync(join(packages, "*", "package.json"))
    .toSorted()
    .map((manifest) => join(manifest, ".."))
    .map((directory) => report(basename(directory), runReadme(directory)));
  return outcomes.some(({ kind }) => kind === "failed") ? 1 : 0;
}

function runReadme(directory: string): Outcome {
  const readme = join(directory, "README.md");
  if (!existsSync(readme)) return { kind: "failed", why: "it has no README.md" };
  const snippet = /^```ts\n(?<code>[^]*?)^```$/m.exec(readFileSync(readme, "utf8"))?.groups?.["code"];
  if (snippet === undefined) return { kind: "failed", why: "its README.md has no snippet" };
  if (snippet.startsWith("// as root\n") && process.getuid?.() !== 0) return { kind: "skipped", why: "it needs root" };
  return runSnippet(directory, snippet);
}

/** Inside the package's directory, because from there its name and its dependencies are found. */
function runSnippet(directory: string, snippet: string): Outcome {
  const file = join(directory, `readme-snippet-${process.pid}.mts`);
  try {
    writeFileSync(file, snippet, { flag: "wx" });
    const options = { cwd: directory, encoding: "utf8", timeout: timeoutMilliseconds } as const;
    const { status, signal, stderr } = spawnSync(process.execPath, ["--conditions=@stowage/source", file], options);
    return status === 0 ? { kind: "ran" } : { kind: "failed", why: `it ended with ${signal ?? status}\n${stderr}` };
  } finally {
    rmSync(file, { force: true });
  }
}

function report(name: string, outcome: Outcome): Outcome {
  const why = outcome.kind === "ran" ? "" : `: ${outcome.why.trimEnd()}`;
  process.stdout.write(`${outcome.kind.padEnd(7)}  ${name}${why}\n`);
  return outcome;
}
