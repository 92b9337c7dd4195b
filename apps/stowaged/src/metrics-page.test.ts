import { expect, test } from "vitest";
import { createMetrics } from "./metrics-registry.ts";

const head = `# Metrics

For Prometheus, in its text format, under \`/metrics\`: by default on a unix socket beside that of the daemon, with \`-metrics\`
before its \`.sock\` and mode 0600, or where \`[metrics] address\` of the [settings](settings.md) says: on another socket, on a
port of loopback, or nowhere. Other paths are answered with 404, other methods with 405.

\`\`\`sh
curl --unix-socket /run/stowage/stowage-metrics.sock http://localhost/metrics
\`\`\`

No label has the name of an image or of a registry, so that there are never more series than words in this table. Counters
begin at zero with the daemon. What is in the store is looked up when it is asked for.

A test writes this page from what the daemon serves: \`pnpm test metrics-page --update\` in \`apps/stowaged\`.

`;

test("the page of metrics says of all of them what the registry says", async () => {
  using metrics = createMetrics({ images: { list: async () => [], usage: async () => ({ bytes: 0, inodes: 0 }) } });
  const rows = metrics.registry.getMetricsAsArray().map((metric) => {
    const labels = "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
    return [code(metric.name), metric.constructor.name.toLowerCase(), labels.map(code).join(", "), metric.help];
  });
  expect(rows.length).toBeGreaterThan(15);
  const page = head + table([["Metric", "Kind", "Labels", "What it says"], ...rows]);
  await expect(page).toMatchFileSnapshot("../../../docs/metrics.md");
});

function code(text: string): string {
  return `\`${text}\``;
}

function table([titles = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = titles.map((_title, at) => Math.max(...[titles, ...rows].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, at) => (row[at] ?? "").padEnd(width)).join(" | ")} |\n`;
  return [titles, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("");
}
