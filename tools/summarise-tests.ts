import { globSync, readFileSync } from "node:fs";

/**
 * Counts what the packages' tests left in `test-results.json`, names what failed or was skipped, and ends with the line
 * `N passed, N failed`. Exits 1 for a failure, for no tests, and, with `--all`, for a skipped test.
 */
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const path of globSync(["packages/*/test-results.json", "apps/*/test-results.json"]).toSorted()) count(path);
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}\n`,
);
const incomplete = process.argv.includes("--all") && counts.skipped > 0;
process.exitCode = counts.failed > 0 || counts.passed === 0 || incomplete ? 1 : 0;

function count(path: string): void {
  const results: Results = JSON.parse(readFileSync(path, "utf8"));
  for (const file of results.testResults) {
    // A file that could not even be loaded has no tests to fail.
    if (file.status === "failed" && file.assertionResults.length === 0)
      tell("failed", `${file.name}: it could not be run`);
    for (const test of file.assertionResults) {
      if (test.status === "passed") counts.passed += 1;
      else tell(test.status === "failed" ? "failed" : "skipped", `${file.name}: ${test.fullName}`);
    }
  }
}

function tell(kind: "failed" | "skipped", what: string): void {
  counts[kind] += 1;
  process.stdout.write(`${kind}: ${what.slice(what.search(/(?:packages|apps)\//))}\n`);
}

/** The part of Jest's result format, which vitest writes, that is read here. */
interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}
