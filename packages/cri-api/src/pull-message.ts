import { create } from "@bufbuild/protobuf";
import type { LayerPhase, PullEvent, PullOptions } from "@stowage/image-service";
import { formatPlatform, parseDigest, parsePlatform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import { decodeCredential, encodeCredential } from "./credential-message.ts";
import {
  type PullRequest,
  PullRequestSchema,
  type PullResponse,
  PullResponseSchema,
} from "./gen/stowage/v1/store_pb.ts";
import { decodeDescriptor, encodeDescriptor } from "./stored-image.ts";

/** The part of a pull's options that goes over the wire. */
export type PullAsk = Pick<PullOptions, "credential" | "plainHttp" | "platform" | "handler" | "namespace">;

export function encodePullRequest(reference: Reference, asked: PullAsk): PullRequest {
  const { credential, plainHttp, platform, handler = "", namespace = "" } = asked;
  return create(PullRequestSchema, {
    reference: formatReference(reference),
    handler,
    namespace,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    platform: platform === undefined ? "" : formatPlatform(platform),
    ...(credential === undefined ? {} : { credential: encodeCredential(credential) }),
  });
}

/** Fails with `invalid-argument` for what is no reference, platform or credential. */
export function decodePullRequest(request: PullRequest): PullAsk & { readonly reference: Reference } {
  return {
    reference: parseReference(request.reference),
    handler: request.handler,
    namespace: request.namespace === "" ? undefined : request.namespace,
    plainHttp: request.plainHttp,
    platform: request.platform === "" ? undefined : parsePlatform(request.platform),
    credential: decodeCredential(request.credential),
  };
}

export function encodePullEvent(event: PullEvent): PullResponse {
  switch (event.kind) {
    case "resolved": {
      const value = { manifest: encodeDescriptor(event.manifest), layers: event.layers.map(encodeDescriptor) };
      return create(PullResponseSchema, { event: { case: "resolved", value } });
    }
    case "layer": {
      const { digest, phase, bytes, size } = event;
      const value = { digest, phase, bytes: BigInt(bytes), size: BigInt(size) };
      return create(PullResponseSchema, { event: { case: "layer", value } });
    }
    case "committing":
      return create(PullResponseSchema, { event: { case: "committing", value: {} } });
  }
}

/** The progress event in a response; `undefined` for one that is not known here, such as a newer daemon's. */
export function decodePullEvent({ event }: PullResponse): PullEvent | undefined {
  switch (event.case) {
    case "resolved": {
      const { manifest, layers } = event.value;
      return { kind: "resolved", manifest: decodeDescriptor(manifest), layers: layers.map(decodeDescriptor) };
    }
    case "layer": {
      const { digest, bytes, size } = event.value;
      const phase = phases.find((known) => known === event.value.phase);
      if (phase === undefined) return undefined;
      return { kind: "layer", digest: parseDigest(digest), phase, bytes: Number(bytes), size: Number(size) };
    }
    case "committing":
      return { kind: "committing" };
    case "image":
    case undefined:
      return undefined;
  }
}

const phases: readonly LayerPhase[] = ["waiting", "fetching", "unpacking", "done", "present"];
