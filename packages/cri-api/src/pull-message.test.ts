import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Credential, Secret } from "@stowage/auth";
import type { LayerPhase, PullEvent } from "@stowage/image-service";
import { digestOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { PullRequestSchema, type PullResponse, PullResponseSchema } from "./gen/stowage/v1/store_pb.ts";
import {
  decodePullEvent,
  decodePullRequest,
  encodePullEvent,
  encodePullRequest,
  type PullAsk,
} from "./pull-message.ts";
import { encodeStoredImage } from "./stored-image.ts";

const reference = parseReference("ghcr.io/team/app:v1");

/** What arrives on the other side. */
function sent(ask: PullAsk, wanted = reference): ReturnType<typeof decodePullRequest> {
  const bytes = toBinary(PullRequestSchema, encodePullRequest(wanted, ask));
  return decodePullRequest(fromBinary(PullRequestSchema, bytes));
}

test.for(["busybox", "localhost:5000/a/b:v1", `ghcr.io/a/b@${digestOf("an index")}`, `a:v1@${digestOf("an index")}`])(
  "the reference %s arrives as it was",
  (text) => {
    expect(sent({}, parseReference(text)).reference).toEqual(parseReference(text));
  },
);

test.for<{ what: string; ask: PullAsk; arrives: Required<PullAsk> }>([
  {
    what: "nothing",
    ask: {},
    arrives: { handler: "", plainHttp: undefined, platform: undefined, credential: undefined, namespace: undefined },
  },
  {
    what: "plain http",
    ask: { plainHttp: true },
    arrives: { handler: "", plainHttp: true, platform: undefined, credential: undefined, namespace: undefined },
  },
  {
    what: "https",
    ask: { plainHttp: false },
    arrives: { handler: "", plainHttp: false, platform: undefined, credential: undefined, namespace: undefined },
  },
  {
    what: "a platform",
    ask: { plainHttp: false, platform: parsePlatform("linux/arm/v6") },
    arrives: {
      handler: "",
      plainHttp: false,
      platform: parsePlatform("linux/arm/v6"),
      credential: undefined,
      namespace: undefined,
    },
  },
  {
    what: "a runtime handler",
    ask: { handler: "kata" },
    arrives: {
      handler: "kata",
      plainHttp: undefined,
      platform: undefined,
      credential: undefined,
      namespace: undefined,
    },
  },
  {
    what: "a namespace",
    ask: { namespace: "team" },
    arrives: { handler: "", plainHttp: undefined, platform: undefined, credential: undefined, namespace: "team" },
  },
])("a pull that asks for $what arrives as it was", ({ ask, arrives }) => {
  expect(sent(ask)).toEqual({ reference, ...arrives });
});

test.for<{ form: string; credential: Credential }>([
  { form: "a name and password", credential: { kind: "basic", username: "me", password: new Secret("p:w\u00e9") } },
  { form: "a name without a password", credential: { kind: "basic", username: "me", password: new Secret("") } },
  { form: "a password without a name", credential: { kind: "basic", username: "", password: new Secret("p:w") } },
  { form: "neither a name nor a password", credential: { kind: "basic", username: "", password: new Secret("") } },
  { form: "an identity token", credential: { kind: "identity-token", token: new Secret("refresh") } },
  { form: "a registry token", credential: { kind: "registry-token", token: new Secret("bearer") } },
])("$form arrives as it was", ({ credential }) => {
  expect(revealed(sent({ credential }).credential)).toEqual(revealed(credential));
});

test.for<{ what: string; request: MessageInitShape<typeof PullRequestSchema> }>([
  { what: "an empty reference", request: { reference: "" } },
  { what: "a reference that is none", request: { reference: "UPPER" } },
  { what: "a platform that is none", request: { reference: "a", platform: "linux" } },
])("refuses $what", ({ request }) => {
  expect(() => decodePullRequest(create(PullRequestSchema, request))).toThrow(
    expect.objectContaining({ code: "invalid-argument" }),
  );
});

test("refuses a password without a name, and does not repeat it", () => {
  const request = create(PullRequestSchema, { reference: "a", credential: { password: "canary" } });
  expect(() => decodePullRequest(request)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  expect(() => decodePullRequest(request)).not.toThrow("canary");
});

test("takes an empty credential for none", () => {
  expect(decodePullRequest(create(PullRequestSchema, { reference: "a", credential: {} })).credential).toBeUndefined();
});

const manifest = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf("manifest"), size: 7 };
const layer = {
  mediaType: "application/vnd.oci.image.layer.v1.tar",
  digest: digestOf("layer", "sha512"),
  size: 2 ** 43,
};

const phases: readonly LayerPhase[] = ["waiting", "fetching", "unpacking", "done", "present"];

test.for<PullEvent>([
  { kind: "resolved", manifest, layers: [] },
  { kind: "resolved", manifest, layers: [layer, layer] },
  ...phases.map((phase) => ({ kind: "layer" as const, digest: layer.digest, phase, bytes: 2 ** 42, size: layer.size })),
  { kind: "layer", digest: layer.digest, phase: "fetching", bytes: 0, size: 0 },
  { kind: "committing" },
])("the event %o arrives as it was", (event) => {
  const bytes = toBinary(PullResponseSchema, encodePullEvent(event));
  expect(decodePullEvent(fromBinary(PullResponseSchema, bytes))).toEqual(event);
});

test("a phase that is not known here is no event, and no failure", () => {
  expect(decodePullEvent(layerResponse({ phase: "thawing" }))).toBeUndefined();
});

test("a response with the image, or with what is not known here, carries no event", () => {
  const image = encodeStoredImage({
    id: digestOf("config"),
    manifest,
    config: manifest,
    layers: [],
    platform: parsePlatform("linux/amd64"),
    user: "",
    annotations: {},
    tags: [],
    digests: [],
    publishedAt: 0,
    pins: [],
    damage: [],
  });
  expect(decodePullEvent(create(PullResponseSchema, { event: { case: "image", value: image } }))).toBeUndefined();
  expect(decodePullEvent(create(PullResponseSchema))).toBeUndefined();
});

test.for<{ what: string; code: string; response: PullResponse }>([
  { what: "a layer whose digest is none", code: "invalid-argument", response: layerResponse({ digest: "sha256:abc" }) },
  {
    what: "a resolution without a manifest",
    code: "invalid-argument",
    response: create(PullResponseSchema, { event: { case: "resolved", value: {} } }),
  },
])("refuses $what", ({ code, response }) => {
  expect(() => decodePullEvent(response)).toThrow(expect.objectContaining({ code }));
});

function layerResponse(change: { readonly digest?: string; readonly phase?: string }): PullResponse {
  const value = { digest: layer.digest, phase: "waiting", bytes: 0n, size: 0n, ...change };
  return create(PullResponseSchema, { event: { case: "layer", value } });
}

/** Secrets are equal to each other unless they are looked into. */
function revealed(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  const { kind } = credential;
  return kind === "basic"
    ? [kind, credential.username, credential.password.reveal()]
    : [kind, credential.token.reveal()];
}
