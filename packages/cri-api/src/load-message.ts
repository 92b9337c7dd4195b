import { create } from "@bufbuild/protobuf";
import { StowageError } from "@stowage/errors";
import type { ImageSource, LoadOptions, ReadBlobOptions } from "@stowage/image-service";
import { type Digest, formatPlatform, parseDigest, parsePlatform, quoteText } from "@stowage/oci";
import { formatReference, parseReference } from "@stowage/reference";
import { decodeCredential, encodeCredential } from "./credential-message.ts";
import {
  type LoadBegin,
  LoadBeginSchema,
  type ReadBlobRequest,
  ReadBlobRequestSchema,
} from "./gen/stowage/v1/store_pb.ts";
import { decodeDescriptor, encodeDescriptor } from "./stored-image.ts";

/** The part of a load's options that goes over the wire. */
export type LoadAsk = Pick<LoadOptions, "force" | "handler" | "platform">;

/** What is to be loaded, but for its bytes. */
export type LoadedThing = Pick<ImageSource, "root" | "names" | "origin">;

export function encodeLoadBegin({ root, names, origin }: LoadedThing, asked: LoadAsk): LoadBegin {
  const { force = false, handler = "", platform } = asked;
  return create(LoadBeginSchema, {
    root: encodeDescriptor(root),
    names: names.map(formatReference),
    force,
    handler,
    platform: platform === undefined ? "" : formatPlatform(platform),
    transport: origin?.transport ?? "",
    path: origin?.path ?? "",
  });
}

/** Fails with `invalid-argument` for what is no descriptor, reference, platform or transport. */
export function decodeLoadBegin(begin: LoadBegin): LoadedThing & LoadAsk {
  const { root, names, force, handler, platform } = begin;
  return {
    root: decodeDescriptor(root),
    names: names.map(parseReference),
    origin: decodeOrigin(begin),
    force,
    handler,
    platform: platform === "" ? undefined : parsePlatform(platform),
  };
}

function decodeOrigin({ transport, path }: LoadBegin): LoadedThing["origin"] {
  if (transport === "") return undefined;
  const known = transports.find((each) => each === transport);
  if (known === undefined)
    throw new StowageError("invalid-argument", `Cannot load: there is no transport ${quoteText(transport)}`);
  return { transport: known, path: path === "" ? undefined : path };
}

const transports = ["docker-archive", "oci-archive", "oci", "dir"] as const satisfies readonly Transport[];

type Transport = NonNullable<LoadedThing["origin"]>["transport"];

/** Which blob of which image is read, and with whose authority where a registry is asked. */
export interface ReadBlobAsk extends Pick<ReadBlobOptions, "credential" | "plainHttp"> {
  readonly id: string;
  readonly handler: string;
  readonly digest: Digest;
}

export function encodeReadBlobRequest({ id, handler, digest, credential, plainHttp }: ReadBlobAsk): ReadBlobRequest {
  return create(ReadBlobRequestSchema, {
    id,
    handler,
    digest,
    ...(credential === undefined ? {} : { credential: encodeCredential(credential) }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
  });
}

/** Fails with `invalid-argument` for what is no digest or credential. */
export function decodeReadBlobRequest(request: ReadBlobRequest): ReadBlobAsk {
  const { id, handler, plainHttp } = request;
  const credential = decodeCredential(request.credential);
  return { id, handler, digest: parseDigest(request.digest), credential, plainHttp };
}
