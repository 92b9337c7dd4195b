import { status as grpcStatus } from "@grpc/grpc-js";
import {
  badBody,
  dropConnection,
  type Fault,
  lyingDigest,
  status,
  tooManyRequests,
  when,
} from "@stowage/registry-fake";
import type { Case } from "./case.ts";
import { type ExpectedFailure, expectEqual, expectFailure } from "./expectation.ts";

const { FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED, UNIMPLEMENTED, UNKNOWN } =
  grpcStatus;

/** Told in front, and with no other code, or the kubelet does not see it (`cri-api: pkg/errors/errors.go`). */
const unavailable: ExpectedFailure = { code: UNKNOWN, starts: "RegistryUnavailable: " };

interface Misbehaviour {
  readonly what: string;
  readonly fault: Fault;
  readonly failure: ExpectedFailure;
}

const misbehaviours: readonly Misbehaviour[] = [
  { what: "drops its connections", fault: dropConnection(), failure: unavailable },
  { what: "answers 500", fault: status(500), failure: unavailable },
  { what: "answers 503", fault: status(503), failure: unavailable },
  { what: "answers 429 and goes on to", fault: tooManyRequests({ count: 1_000 }), failure: unavailable },
  { what: "answers 503 for the blobs", fault: when(/\/blobs\//, status(503)), failure: unavailable },
  { what: "answers 401", fault: status(401), failure: { code: UNAUTHENTICATED } },
  { what: "answers 403", fault: status(403), failure: { code: PERMISSION_DENIED } },
  { what: "has no such manifest", fault: when(/\/manifests\//, status(404)), failure: { code: NOT_FOUND } },
  {
    what: "names a manifest by a digest that is not its own",
    fault: when(/\/manifests\//, lyingDigest(`sha256:${"0".repeat(64)}`)),
    failure: { code: FAILED_PRECONDITION },
  },
  { what: "sends other bytes as a blob", fault: when(/\/blobs\//, badBody()), failure: { code: FAILED_PRECONDITION } },
];

const badNames = ["", "app/UPPER", "app:", "app@sha256:short", "app@sha256:../../etc/passwd", " app", "-app"];

export const errorCases: readonly Case[] = [
  ...misbehaviours.map(
    ({ what, fault, failure }): Case => ({
      name: `a pull from a registry that ${what} fails with the code for that, and leaves no image`,
      source: "cri-v1 5.1",
      async run({ client, registry, offer }) {
        const { name } = offer();
        registry.wrap(fault);
        await expectFailure(client.pull(name), failure);
        expectEqual("images of that name:", await client.status(name), undefined);
      },
    }),
  ),
  {
    name: "a pull from a registry that is not there says so in front",
    source: "kubelet, cri-api pkg/errors",
    async run({ client, startRegistry }) {
      const gone = await startRegistry();
      await gone[Symbol.asyncDispose]();
      await expectFailure(client.pull(`${gone.host}/app:v1`), unavailable);
    },
  },
  {
    name: "a pull of an index without this platform finds nothing",
    source: "cri-v1 5.1",
    async run({ client, registry, makeImage }) {
      const { documents, blobs } = makeImage();
      const manifests: readonly unknown[] = [];
      const mediaType = "application/vnd.oci.image.index.v1+json";
      const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
      registry.putImage("elsewhere", "v1", { root: { bytes, mediaType }, documents, blobs });
      await expectFailure(client.pull(`${registry.host}/elsewhere:v1`), { code: NOT_FOUND });
    },
  },
  ...badNames.map(
    (name): Case => ({
      name: `a pull of "${name}" is refused as no reference`,
      source: "cri-v1 5.1",
      async run({ client }) {
        await expectFailure(client.pull(name), { code: INVALID_ARGUMENT });
      },
    }),
  ),
  {
    name: "a pull for a runtime handler that nobody configured is refused",
    source: "KEP-4216",
    async run({ client, offer }) {
      const { name } = offer();
      const sandboxConfig = { metadata: { name: "pod", uid: "1", namespace: "default" } };
      const asked = { image: { image: name, runtimeHandler: "no-such-handler" }, sandboxConfig };
      await expectFailure(client.pullAs(asked), { code: INVALID_ARGUMENT });
    },
  },
  {
    name: "a method that nobody knows is unimplemented",
    source: "gRPC",
    async run({ client }) {
      await expectFailure(client.callUnknown(), { code: UNIMPLEMENTED });
    },
  },
];
