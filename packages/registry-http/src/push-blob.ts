import { StowageError } from "@stowage/errors";
import { ContentMismatchError, quoteText } from "@stowage/oci";
import { type BlobPush, type PushBlobOptions, type PushedBlob, RegistryUnavailableError } from "@stowage/registry";
import { askHost, hostCalls } from "./ask-host.ts";
import { BlobUpload } from "./blob-upload.ts";
import type { Call, HostCall, PlacedCall } from "./call.ts";
import { lengthOf } from "./document.ts";
import { flawedAnswer } from "./flawed-answer.ts";
import { defaultPushChunkBytes } from "./limits.ts";
import { overHosts } from "./over-hosts.ts";
import { sendChunks } from "./push-chunks.ts";
import { PushSource } from "./push-source.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

type PushCall = Call & { readonly options: PushBlobOptions };

/** Puts a blob into a repository (OCI distribution-spec, "Pushing Blobs"), unless it is there or can be taken from another. */
export async function pushBlob(client: RegistryClient, call: PushCall, blob: PushedBlob): Promise<BlobPush> {
  const { chunkBytes } = call.options;
  if (chunkBytes !== undefined && !(Number.isSafeInteger(chunkBytes) && chunkBytes > 0)) {
    throw new StowageError("invalid-argument", `Cannot ${call.action}: there are no chunks of ${chunkBytes} bytes`);
  }
  const ask = async (placed: PlacedCall): Promise<BlobPush> =>
    await pushTo(client, { ...placed, options: call.options }, blob);
  return await overHosts(client, call, { capability: "push", ask });
}

async function pushTo(client: RegistryClient, call: PlacedCall & PushCall, blob: PushedBlob): Promise<BlobPush> {
  if (await isPresent(client, call, blob)) return "present";
  const mounting = mountable(call);
  const mounted = mounting === undefined ? undefined : await tryMount(client, call, { blob, from: mounting });
  const begun = mounted ?? (await begin(client, call));
  if (begun.status === 201) {
    refuseOther(begun, blob);
    return "mounted";
  }
  const [own] = await hostCalls(client, call, { actions: "pull,push" });
  if (own === undefined) throw new Error("a host that answered speaks something");
  await send({ client, call: own, begun }, blob, call.options);
  return "pushed";
}

async function isPresent(client: RegistryClient, call: PlacedCall, want: PushedBlob): Promise<boolean> {
  const answer = await askHost(client, call, {
    path: `blobs/${want.digest}`,
    method: "HEAD",
    statuses: [200, 404],
    actions: "pull,push",
    milliseconds: client.settings.timeouts.document,
  });
  answer.discard();
  if (answer.status === 404) return false;
  const size = lengthOf(answer);
  if (size === undefined || size === want.size) return true;
  throw flawedAnswer(call, answer, `it has ${size} bytes under the name of these ${want.size}`);
}

/** A host that has the repository under another name may have the other one so too. */
function mountable({ host, repository, options }: PlacedCall & PushCall): string | undefined {
  return host.path === repository.path && options.mountFrom !== repository.path ? options.mountFrom : undefined;
}

interface Mounting {
  readonly blob: PushedBlob;
  readonly from: string;
}

/** A registry that refuses to mount is asked for an ordinary upload. */
async function tryMount(
  client: RegistryClient,
  call: PlacedCall,
  { blob, from }: Mounting,
): Promise<HttpAnswer | undefined> {
  const query = new URLSearchParams({ mount: blob.digest, from });
  try {
    return await begin(client, call, { query: `?${query.toString()}`, mountFrom: from });
  } catch (error) {
    call.options.signal?.throwIfAborted();
    if (error instanceof RegistryUnavailableError || !(error instanceof StowageError)) throw error;
    return undefined;
  }
}

async function begin(
  client: RegistryClient,
  call: PlacedCall,
  { query = "", mountFrom }: { readonly query?: string; readonly mountFrom?: string } = {},
): Promise<HttpAnswer> {
  const answer = await askHost(client, call, {
    path: `blobs/uploads/${query}`,
    method: "POST",
    statuses: mountFrom === undefined ? [202] : [201, 202],
    actions: "pull,push",
    mountFrom,
    milliseconds: client.settings.timeouts.document,
  });
  answer.discard();
  return answer;
}

interface Begun {
  readonly client: RegistryClient;
  readonly call: HostCall;
  readonly begun: HttpAnswer;
}

async function send({ client, call, begun }: Begun, want: PushedBlob, options: PushBlobOptions): Promise<void> {
  const upload = new BlobUpload(client, call, begun);
  const source = new PushSource(want, want.open);
  try {
    const least = upload.leastChunk ?? 0;
    const chunkBytes = options.chunkBytes ?? (least > 0 ? defaultPushChunkBytes : undefined);
    const answer =
      chunkBytes === undefined
        ? await sendWhole(upload, source, want)
        : await sendChunks({ client, call, upload, source, want }, Math.max(chunkBytes, least));
    refuseOther(answer, want);
  } catch (error) {
    options.signal?.throwIfAborted();
    source.throwFailure();
    throw error;
  } finally {
    source.close();
    if (!upload.isClosed) await upload.takeBack();
  }
}

async function sendWhole(upload: BlobUpload, source: PushSource, { digest, size }: PushedBlob): Promise<HttpAnswer> {
  return await upload.close(digest, {
    headers: { "content-type": "application/octet-stream", "content-length": String(size) },
    body: () => source.read({ start: 0, end: size }),
  });
}

/** A registry that has kept something else than what it was sent. */
function refuseOther(answer: HttpAnswer, { digest, size }: PushedBlob): void {
  const told = headerOf(answer, "docker-content-digest");
  if (told === undefined || told === digest) return;
  throw new ContentMismatchError({ digest, size }, `called ${quoteText(told)} by ${answer.request.url.host}`);
}
