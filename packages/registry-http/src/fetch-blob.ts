import { ContentMismatchError, type Descriptor } from "@stowage/oci";
import { RegistryUnavailableError } from "@stowage/registry";
import { backoffMilliseconds, pause } from "./backoff.ts";
import type { BlobPart, BlobSource, Span } from "./blob-source.ts";
import { type Chunks, maxChunkBytes, maxFruitlessTries, progressBytes } from "./limits.ts";
import { prefetched } from "./prefetch.ts";
import type { ClientSettings } from "./registry-client.ts";

export interface BlobFetch {
  readonly source: BlobSource;
  readonly want: Pick<Descriptor, "digest" | "size">;
  readonly settings: Pick<ClientSettings, "chunks" | "retries" | "now">;
  /** Ends every request that is under way. */
  readonly signal: AbortSignal;
  /** Collects what is read ahead, which ends with the signal and is waited for then. */
  readonly ahead: Promise<void>[];
  /** Told of every block: the host it came from, and its length. */
  readonly onArrived: (host: string, bytes: number) => void;
}

/**
 * The bytes of a span of a blob, in order. A large one comes in chunks, several at once where the line is not so fast that
 * one does; what is cut off goes on where it stopped, at the next host if need be. A host that knows no ranges sends all of
 * it in one stream.
 */
export async function* fetchSpan(fetch: BlobFetch, span: Span): AsyncGenerator<Uint8Array> {
  const { chunks } = fetch.settings;
  if (span.start === span.end && fetch.want.size > 0) return;
  const first = { start: span.start, end: Math.min(span.end, span.start + chunks.bytes) };
  const opened = await fetch.source.open(first, span.end);
  if (opened.end === span.end) return yield* resuming(fetch, span, opened);
  yield* inChunks(fetch, span, resuming(fetch, first, opened));
}

async function* inChunks(fetch: BlobFetch, span: Span, first: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { chunks } = fetch.settings;
  const running = [first];
  let next = span.start + chunks.bytes;
  let plan: Plan = { width: 1, bytes: chunks.bytes, passed: [] };
  for (let chunk = running.shift(); chunk !== undefined; chunk = running.shift()) {
    plan = nextPlan(chunks, plan, yield* passOn(chunk, fetch.settings.now));
    const width = fetch.source.sendsAll ? 0 : plan.width; // each request for a chunk would bring all that is before it
    while (next < span.end && running.length < width) {
      const following = { start: next, end: Math.min(span.end, next + plan.bytes) };
      const bytes = resuming(fetch, following);
      running.push(width === 1 ? bytes : prefetched(bytes, fetch.ahead));
      next = following.end;
    }
  }
  if (next < span.end) yield* fetchSpan(fetch, { start: next, end: span.end });
}

/** How many chunks are asked for at once, how large ones, and how the last of them came. */
interface Plan {
  readonly width: number;
  readonly bytes: number;
  readonly passed: readonly Passed[];
}

/**
 * On a fast line one connection after the other, for ever more, so that asking does not count; else several. Judged is by as
 * many chunks as there were at once, since one of them brings the others along.
 */
function nextPlan(chunks: Chunks, { width, bytes, passed }: Plan, last: Passed): Plan {
  const latest = [...passed, last];
  if (latest.length < width) return { width, bytes, passed: latest };
  const came = latest.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const waited = latest.reduce((sum, chunk) => sum + chunk.waited, 0);
  const isFast = (1000 * came) / waited >= chunks.fastBytesPerSecond;
  if (!isFast) return { width: chunks.width, bytes: chunks.bytes, passed: [] };
  return { width: 1, bytes: width === 1 ? Math.min(maxChunkBytes, 2 * bytes) : bytes, passed: [] };
}

interface Passed {
  readonly bytes: number;
  /** Milliseconds. */
  readonly waited: number;
}

/** Passes the blocks of a chunk on, and returns how many they were and how long it waited for them. */
async function* passOn(chunk: AsyncIterator<Uint8Array>, now: () => number): AsyncGenerator<Uint8Array, Passed> {
  let bytes = 0;
  let waited = 0;
  for (;;) {
    const asked = now();
    const next = await chunk.next();
    waited += now() - asked;
    if (next.done) return { bytes, waited };
    bytes += next.value.byteLength;
    yield next.value;
  }
}

/** The bytes of a span, asked for again from the last good byte on while each try brings some. */
async function* resuming(fetch: BlobFetch, span: Span, opened?: BlobPart): AsyncGenerator<Uint8Array> {
  let at = span.start;
  let part = opened;
  for (let fruitless = 0; at < span.end; ) {
    const from = at;
    part ??= await fetch.source.open({ start: at, end: span.end }, span.end);
    const arriving = untilCut(part.body);
    for (let next = await arriving.next(); ; next = await arriving.next()) {
      if (next.done) {
        if (at === span.end) return;
        const cut = fetch.source.cutOff(part.host, next.value);
        fruitless = at - from >= progressBytes ? 0 : fruitless + 1;
        if (fruitless === maxFruitlessTries) throw cut ?? new ContentMismatchError(fetch.want, `${at} bytes`);
        break;
      }
      at += next.value.byteLength;
      fetch.onArrived(part.host, next.value.byteLength);
      yield next.value;
    }
    part = undefined;
    // The first time without delay: a connection that was cut says nothing of the next one.
    if (fruitless > 0) await pause(backoffMilliseconds(fetch.settings.retries, fruitless), fetch.signal);
  }
}

/** The blocks of a body; returns what cut it off, if anything did. */
async function* untilCut(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, RegistryUnavailableError | undefined> {
  try {
    for await (const block of body) yield block;
  } catch (error) {
    if (error instanceof RegistryUnavailableError) return error;
    throw error;
  }
  return undefined;
}
