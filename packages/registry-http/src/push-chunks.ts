import { setTimeout as delay } from "node:timers/promises";
import type { Descriptor } from "@stowage/oci";
import { RegistryUnavailableError } from "@stowage/registry";
import type { BlobUpload } from "./blob-upload.ts";
import { type HostCall, signalOf } from "./call.ts";
import { flawedAnswer } from "./flawed-answer.ts";
import { maxFruitlessTries } from "./limits.ts";
import type { PushSource } from "./push-source.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

/** One blob on its way to one host. */
export interface Sending {
  readonly client: RegistryClient;
  readonly call: HostCall;
  readonly upload: BlobUpload;
  readonly source: PushSource;
  readonly want: Pick<Descriptor, "digest" | "size">;
}

/** How far an upload has come, and what stopped it, if something did. */
interface Progress {
  readonly bytes: number;
  readonly error?: unknown;
}

/**
 * Sends a blob in requests of so many bytes (OCI distribution-spec, "Pushing a blob in chunks"). What is cut off goes on
 * where the registry says that it has come to, while it comes any further.
 */
export async function sendChunks(sending: Sending, chunkBytes: number): Promise<HttpAnswer> {
  const { upload, want } = sending;
  let at = 0;
  let fruitless = 0;
  while (at < want.size) {
    const { bytes, error } = await sendChunk(sending, at, Math.min(want.size, at + chunkBytes));
    fruitless = bytes > at ? 0 : fruitless + 1;
    if (fruitless === maxFruitlessTries) throw error instanceof Error ? error : stuck(sending, bytes);
    at = bytes;
    if (error !== undefined) await pause(sending, fruitless);
  }
  if (want.size === 0) await Array.fromAsync(sending.source.read({ start: 0, end: 0 }));
  return await upload.close(want.digest, { headers: { "content-length": "0" } });
}

async function sendChunk(sending: Sending, start: number, end: number): Promise<Progress> {
  const { call, upload, source } = sending;
  try {
    const answer = await upload.send({
      method: "PATCH",
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(end - start),
        "content-range": `${start}-${end - 1}`,
      },
      body: () => source.read({ start, end }),
      statuses: [200, 201, 202, 204, 416],
    });
    if (answer.status !== 416) return { bytes: reachedBy(call, answer, end) ?? end };
    return await askProgress(sending, start, end);
  } catch (error) {
    source.throwFailure();
    if (upload.isClosed || !(error instanceof RegistryUnavailableError)) throw error;
    return { ...(await askProgress(sending, start, end)), error };
  }
}

/** What the registry says that it has; where it does not say, what it had. */
async function askProgress({ call, upload }: Sending, start: number, end: number): Promise<Progress> {
  try {
    const answer = await upload.send({ method: "GET", statuses: [200, 202, 204] });
    return { bytes: reachedBy(call, answer, end) ?? start };
  } catch (error) {
    if (upload.isClosed || !(error instanceof RegistryUnavailableError)) throw error;
    return { bytes: start, error };
  }
}

/** How many bytes an upload has by its Range; `0-0` stands for none too, as registries write it. */
function reachedBy(call: HostCall, answer: HttpAnswer, sent: number): number | undefined {
  const [, last] = /^\s*(?:bytes=)?0-(\d{1,16})\s*$/.exec(headerOf(answer, "range") ?? "") ?? [];
  if (last === undefined) return undefined;
  const bytes = last === "0" && sent !== 1 ? 0 : Number(last) + 1;
  if (bytes > sent) throw flawedAnswer(call, answer, `it says that it has ${bytes} bytes, and was sent ${sent}`);
  return bytes;
}

function stuck({ call }: Sending, bytes: number): RegistryUnavailableError {
  const reason = `its upload does not go on from ${bytes} bytes`;
  return new RegistryUnavailableError(call.action, [{ host: call.host.url.host, reason }]);
}

/** The first time without delay: a connection that was cut says nothing of the next one. */
async function pause({ client: { settings }, call }: Sending, fruitless: number): Promise<void> {
  if (fruitless === 0) return;
  const { retries } = settings;
  const most = Math.min(retries.maxMilliseconds, retries.firstMilliseconds * 2 ** (fruitless - 1));
  const signal = signalOf(call);
  await delay(most * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(() =>
    signal?.throwIfAborted(),
  );
}
