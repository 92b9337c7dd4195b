import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { RegistryEvent } from "@stowage/registry";

/** Something that has to be in no message, with every character that some encoding changes. */
export function makeCanary(name: string): string {
  return `canary-${name} "p/w\\+%&=?:ÿ~`;
}

/** A secret in every form in which it may be shown: as it is, in base64 and base64url, in URLs, forms and JSON. */
export function formsOf(secret: string, username?: string): readonly string[] {
  const texts = username === undefined ? [secret] : [secret, `${username}:${secret}`];
  const encoded = texts.flatMap((text) =>
    (["base64", "base64url"] as const).map((form) => Buffer.from(text).toString(form).replace(/=+$/, "")),
  );
  return [
    secret,
    ...encoded,
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** Which of `forms` are in something that was told: by any property, hidden ones and causes too. */
export function showsOf(forms: readonly string[], ...told: readonly unknown[]): readonly string[] {
  const text = told.map((one) => (typeof one === "string" ? one : wholly(one))).join("\n");
  return forms.filter((form) => text.includes(form));
}

/** All that is told while `work` runs: what it fails with, its events, and what is published on the tracing channels. */
export async function toldBy(work: (onEvent: (event: RegistryEvent) => void) => Promise<unknown>): Promise<string> {
  const told: string[] = [];
  const hear = (message: unknown): void => void told.push(wholly(message));
  for (const channel of channels) subscribe(channel, hear);
  try {
    await work(hear);
    told.push("it worked");
  } catch (error) {
    hear(error);
    told.push(String(error), JSON.stringify(error), ...(error instanceof Error ? [String(error.stack)] : []));
  } finally {
    for (const channel of channels) unsubscribe(channel, hear);
  }
  return told.join("\n");
}

const channels = ["start", "end", "asyncStart", "asyncEnd", "error"].map(
  (event) => `tracing:stowage.registry.request:${event}`,
);

/** Strings both as `inspect` quotes them and as they are. */
function wholly(value: unknown): string {
  const shown = inspect(value, { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null });
  return `${shown}\n${shown.replace(/\\(["'\\`])/g, "$1")}`;
}
