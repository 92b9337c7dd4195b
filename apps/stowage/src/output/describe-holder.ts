import { shortDigest } from "./short-digest.ts";

/** Who holds something, as it completes "it is …". */
export function describeHolder(holder: string): string {
  const [kind = "", ...rest] = holder.split(" ");
  return descriptions.get(kind)?.(rest.join(" ")) ?? `held by ${JSON.stringify(holder)}`;
}

const descriptions: ReadonlyMap<string, (what: string) => string> = new Map([
  ["image", (key: string) => `of image ${shortDigest(key)}`],
  ["container", (id: string) => `what container ${JSON.stringify(id)} stands on`],
  ["mount", (target: string) => `mounted at ${JSON.stringify(target)}`],
  ["pulled", (key: string) => `held for a container of image ${shortDigest(key)}, which was pulled a moment ago`],
  ["pull", () => "wanted by a pull that is under way"],
  ["read", () => "being read"],
  ["tag", () => "being tagged"],
  ["perhaps", (key: string) => `perhaps of image ${shortDigest(key)}, whose record could not be written`],
]);
