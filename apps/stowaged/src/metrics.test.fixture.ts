import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { MetricsAddress } from "@stowage/config";
import { openStore, type Store } from "@stowage/core";
import { onTestFinished } from "vitest";

export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-seen-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store that is closed and gone after the test. */
export async function scratchStore(): Promise<Store> {
  const store = await openStore({ root: join(await scratch(), "store") });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** What a server of metrics answers. */
export async function ask(
  address: MetricsAddress,
  { path = "/metrics", method = "GET" }: { readonly path?: string; readonly method?: string } = {},
): Promise<{ readonly status: number | undefined; readonly type: string | undefined; readonly body: string }> {
  const place = address.kind === "socket" ? { socketPath: address.path } : { host: address.host, port: address.port };
  const asked = request({ ...place, path, method }).end();
  const [answer]: IncomingMessage[] = await once(asked, "response");
  const body = answer === undefined ? "" : await text(answer);
  return { status: answer?.statusCode, type: answer?.headers["content-type"], body };
}

/** Samples by their name and labels, as Prometheus' text format has them. */
export function samplesIn(body: string): Readonly<Record<string, number>> {
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}
