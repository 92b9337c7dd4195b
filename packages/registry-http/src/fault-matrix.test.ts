import { StowageError } from "@stowage/errors";
import { digestOf } from "@stowage/oci";
import {
  badBody,
  changedEtag,
  contentEncoding,
  cutAfter,
  dropConnection,
  endlessBody,
  type Fault,
  lyingDigest,
  redirectTo,
  stallAfter,
  startRegistry,
  status,
  times,
  tooManyRequests,
  trickle,
  withBody,
  withHeaders,
  withoutRanges,
  wrongContentRange,
} from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { layer, layerBytes, manifest, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistry, openHttpRegistry } from "./index.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

/** What is asked for, in this order in every table. */
const asks = ["tag", "digest", "whole", "chunks", "range"] as const;

const range = { start: 1000, end: 200_000 };

async function ask(registry: HttpRegistry, what: (typeof asks)[number]): Promise<string> {
  if (what === "tag") return (await registry.resolve({ domain, path, tag: "v1" })).descriptor.digest;
  if (what === "digest") return (await registry.document({ domain, path }, manifest)).descriptor.digest;
  const options = what === "range" ? { range } : {};
  return digestOf(Buffer.concat(await Array.fromAsync(registry.blob({ domain, path }, layer, options))));
}

const right = {
  tag: manifest.digest,
  digest: manifest.digest,
  whole: layer.digest,
  chunks: layer.digest,
  range: digestOf(layerBytes.subarray(range.start, range.end)),
};

/** `right`, `wrong` or the code of its failure, and how often the host was asked; that depends on the moment in some. */
async function outcomeOf(what: (typeof asks)[number], fault: Fault): Promise<string> {
  await using fake = await startRegistry();
  putImage(fake);
  fake.wrap(fault);
  const chunks = what === "whole" ? {} : { chunks: hasty.chunks };
  await using registry = openHttpRegistry({ ...hasty, chunks: {}, ...chunks, hosts: planOf(fake) });
  const outcome = await ask(registry, what).then(
    (digest) => (digest === right[what] ? "right" : "wrong"),
    (error: unknown) => (error instanceof StowageError ? error.code : `no StowageError: ${String(error)}`),
  );
  return `${outcome} ${fake.requests.length}`;
}

/** Misbehaves where a range is asked for. */
function onRanges(fault: Fault): Fault {
  return async (request, next) =>
    request.headers.range === undefined ? await next(request) : await fault(request, next);
}

const failed = "failed-precondition 1";
const gone = "unavailable 2";

test.for<{ what: string; fault: () => Fault; outcomes: readonly [string, string, string, string, string] }>([
  {
    what: "does nothing wrong",
    fault: () => withHeaders({}),
    outcomes: ["right 1", "right 1", "right 1", "right 5", "right 4"],
  },
  { what: "compresses", fault: () => contentEncoding("gzip"), outcomes: [failed, failed, failed, failed, failed] },
  {
    what: "lies about the digest",
    fault: () => lyingDigest(layer.digest),
    outcomes: [failed, failed, "right 1", "right 5", "right 4"],
  },
  {
    what: "changes a byte",
    fault: () => badBody(),
    outcomes: [failed, failed, failed, "failed-precondition 5", "wrong 4"],
  },
  { what: "knows no ranges", fault: withoutRanges, outcomes: ["right 1", "right 1", "right 1", "right 1", "right 1"] },
  {
    what: "sends another range",
    fault: () => wrongContentRange(1),
    outcomes: ["right 1", "right 1", "right 1", failed, failed],
  },
  {
    what: "sends a part without saying which",
    fault: () => onRanges(withHeaders({ "content-range": "" })),
    outcomes: ["right 1", "right 1", "right 1", failed, failed],
  },
  {
    what: "sends less than was asked for",
    fault: () => onRanges(withBody(layerBytes.subarray(0, 10))),
    outcomes: ["right 1", "right 1", "right 1", failed, failed],
  },
  {
    what: "changes its ETag",
    fault: changedEtag,
    outcomes: ["right 1", "right 1", "right 1", "failed-precondition", "failed-precondition"],
  },
  {
    what: "has no such range",
    fault: () => onRanges(status(416)),
    outcomes: ["right 1", "right 1", "right 1", failed, failed],
  },
  {
    what: "says another length",
    fault: () => withBody(new Uint8Array(7)),
    outcomes: ["failed-precondition 1", failed, failed, failed, failed],
  },
  {
    what: "never ends",
    fault: () => endlessBody(),
    outcomes: ["invalid-argument 1", failed, failed, "failed-precondition 5", "wrong 4"],
  },
  { what: "hangs up", fault: dropConnection, outcomes: [gone, gone, gone, gone, gone] },
  {
    what: "hangs up once",
    fault: () => times(1, dropConnection()),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  { what: "never answers", fault: () => () => new Promise(() => undefined), outcomes: [gone, gone, gone, gone, gone] },
  {
    what: "never answers once",
    fault: () => times(1, () => new Promise(() => undefined)),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  {
    what: "cuts its answer off",
    fault: () => cutAfter(100),
    outcomes: [gone, gone, "unavailable 5", "unavailable 5", "unavailable 5"],
  },
  {
    what: "cuts its answer off once",
    fault: () => times(1, cutAfter(100)),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  {
    what: "stalls",
    fault: () => stallAfter(100),
    outcomes: [gone, gone, "unavailable 5", "unavailable 5", "unavailable 5"],
  },
  {
    what: "stalls once",
    fault: () => times(1, stallAfter(100)),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  {
    what: "trickles",
    fault: () => trickle(100),
    outcomes: [gone, gone, "unavailable 5", "unavailable 5", "unavailable 5"],
  },
  {
    what: "trickles once",
    fault: () => times(1, trickle(100)),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  { what: "is asked too much", fault: () => tooManyRequests({ count: 99 }), outcomes: [gone, gone, gone, gone, gone] },
  {
    what: "is asked too much once",
    fault: () => tooManyRequests({ count: 1, retryAfter: "100ms" }),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"],
  },
  {
    what: "sends round in circles",
    fault: () => redirectTo(({ path: at }) => at),
    outcomes: ["unavailable 22", "unavailable 22", "unavailable 22", "unavailable 22", "unavailable 22"],
  },
  ...[408, 500, 502, 503, 504, 204, 304].map((code) => ({
    what: `answers ${code}`,
    fault: () => status(code),
    outcomes: [gone, gone, gone, gone, gone] as const,
  })),
  ...[408, 500, 503].map((code) => ({
    what: `answers ${code} once`,
    fault: () => times(1, status(code)),
    outcomes: ["right 2", "right 2", "right 2", "right 6", "right 5"] as const,
  })),
  ...(
    [
      [400, "invalid-argument"],
      [401, "unauthenticated"],
      [403, "permission-denied"],
      [404, "not-found"],
      [410, "invalid-argument"],
    ] as const
  ).map(([code, becomes]) => ({
    what: `answers ${code}`,
    fault: () => status(code),
    outcomes: [`${becomes} 1`, `${becomes} 1`, `${becomes} 1`, `${becomes} 1`, `${becomes} 1`] as const,
  })),
])(
  "a host that $what: $outcomes for a tag, a digest, a blob at once and in chunks, and a range",
  async ({ fault, outcomes }) => {
    const found = await Promise.all(asks.map((what) => outcomeOf(what, fault())));
    expect(found).toEqual(outcomes.map((outcome) => expect.stringMatching(new RegExp(`^${outcome}\\b`))));
  },
);
