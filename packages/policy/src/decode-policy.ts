import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";
import { z } from "zod";
import type { Policy, Requirements } from "./policy.ts";
import { requirementsSchema } from "./requirement.ts";
import { scopeMistake } from "./scope-mistake.ts";
import { decodeStrictJson } from "./strict-json.ts";

/**
 * Reads a policy.json (containers-policy.json(5)). Fails with `invalid-argument`, naming `name` and the key, where anything is not
 * known, is there twice, is ill-formed, or contradicts itself: a part of a policy is none.
 */
export function decodePolicy(text: string, name: string): Policy {
  const read = policySchema.safeParse(decodeStrictJson(text, name));
  if (read.success) return read.data;
  throw new StowageError("invalid-argument", `Cannot read policy ${quoteText(name)}: ${explain(read.error)}`);
}

const scopes = z
  .record(z.string(), requirementsSchema, { error: "an object of scopes" })
  .transform(mapOf<Requirements>);

const transports = z
  .record(z.string(), scopes, { error: "an object of transports" })
  .transform(mapOf)
  .superRefine((found, context) => {
    for (const [transport, ofTransport] of found) {
      for (const scope of ofTransport.keys()) {
        const message = scopeMistake(transport, scope);
        if (message !== undefined) context.addIssue({ code: "custom", message, path: [transport, scope] });
      }
    }
  });

const policySchema: z.ZodType<Policy> = z.strictObject(
  { default: requirementsSchema, transports: transports.default(new Map()) },
  { error: (issue) => (issue.code === "invalid_type" ? "an object" : undefined) },
);

function mapOf<T>(found: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(found));
}

function explain({ issues }: z.ZodError): string {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) return "it is not what was expected";
  if (issue.code === "unrecognized_keys") return `there is no key ${formatKey([...issue.path, issue.keys[0] ?? ""])}`;
  const where = issue.path.length === 0 ? "it" : formatKey(issue.path);
  return `${where} is not what was expected: ${issue.message}`;
}

/** Scopes are keys too, and have dots and slashes of their own. */
function formatKey(keys: readonly PropertyKey[]): string {
  return keys.map((key) => (/^\w{1,64}$/.test(String(key)) ? String(key) : quoteText(String(key)))).join(".");
}
