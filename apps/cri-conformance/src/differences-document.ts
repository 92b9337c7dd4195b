import type { Case } from "./case.ts";
import { cases } from "./cases.ts";
import { containerdDifferences, containerdVersion } from "./containerd-differences.ts";

const introduction = `# Where CRI image services differ

\`apps/cri-conformance\` asks what a kubelet and critest ask, over gRPC that is not ours, with images and faults of a registry
that it starts itself. It runs against any socket:

\`\`\`sh
npx pnpm --dir apps/cri-conformance start --endpoint unix:///run/containerd/containerd.sock
\`\`\`

The service has to pull over plain http from 127.0.0.1. Every image is made for its case and removed again. A line is printed
for each case: \`pass\`, or \`differs\` with what was expected and what came; the exit code is 0 where all pass.

This page is written by a test, which runs the suite against stowage and against the containerd of Debian, with its CRI plugin
and as little configuration as it takes. Change it with \`npx pnpm --dir apps/cri-conformance test -u\`.
`;

/** `docs/cri-differences.md`, as the table of differences has it. */
export function differencesDocument(): string {
  const differences = containerdDifferences.map(({ name, ours, theirs }) => {
    const source = cases.find((one) => one.name === name)?.source ?? "";
    return `| ${[name, source, ours, theirs].map(cell).join(" | ")} |`;
  });
  return `${introduction}
## The differences

| Case | Asked by | stowage | containerd ${containerdVersion} |
|---|---|---|---|
${differences.join("\n")}

## No difference

Both answer as asked: ${agreed().length} of ${cases.length} cases.

| Case | Asked by |
|---|---|
${agreed()
  .map(({ name, source }) => `| ${cell(name)} | ${cell(source)} |`)
  .join("\n")}
`;
}

function agreed(): readonly Case[] {
  const differing = new Set(containerdDifferences.map(({ name }) => name));
  return cases.filter(({ name }) => !differing.has(name));
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
