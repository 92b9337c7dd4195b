import { create } from "@bufbuild/protobuf";
import type {
  Container,
  ContainerRequest,
  ContainerState,
  CreatedContainer,
  CreateRequest,
  PodSandboxRequest,
} from "@stowage/containers";
import { StowageError } from "@stowage/errors";
import { parseDigest, quoteText } from "@stowage/oci";
import { decodeCredential, encodeCredential } from "./credential-message.ts";
import {
  type Container as ContainerMessage,
  ContainerSchema,
  type CreateContainerRequest,
  CreateContainerRequestSchema,
  type CreateContainerResponse,
  CreateContainerResponseSchema,
  type CreatePodSandboxRequest,
  CreatePodSandboxRequestSchema,
  type NewContainer,
  NewContainerSchema,
} from "./gen/stowage/v1/containers_pb.ts";
import { decodeIdMap, encodeIdMap } from "./id-map-message.ts";

export function encodePodSandboxRequest(request: PodSandboxRequest): CreatePodSandboxRequest {
  const { pauseImage, uid = "", namespace = "" } = request;
  return create(CreatePodSandboxRequestSchema, { container: encodeNewContainer(request), pauseImage, uid, namespace });
}

/** Fails with `invalid-argument` for what is no credential, and for an auth file whose path is not absolute. */
export function decodePodSandboxRequest({ container, ...message }: CreatePodSandboxRequest): PodSandboxRequest {
  const { pauseImage, uid, namespace } = message;
  return { ...decodeNewContainer(container), pauseImage, uid, namespace };
}

export function encodeContainerRequest(request: ContainerRequest): CreateContainerRequest {
  const { id, imageName, imageId } = request;
  return create(CreateContainerRequestSchema, { container: encodeNewContainer(request), id, imageName, imageId });
}

/** Fails as `decodePodSandboxRequest` does. */
export function decodeContainerRequest({ container, ...message }: CreateContainerRequest): ContainerRequest {
  const { id, imageName, imageId } = message;
  return { ...decodeNewContainer(container), id, imageName, imageId };
}

function encodeNewContainer(request: CreateRequest): NewContainer {
  const { podName, podId, containerName, attempt = 0, isPrivileged = false, idMap, volatile, credential } = request;
  return create(NewContainerSchema, {
    podName,
    podId,
    containerName,
    attempt,
    isPrivileged,
    ...(idMap === undefined ? {} : { idMap: encodeIdMap(idMap) }),
    ...(volatile === undefined ? {} : { volatile }),
    ...(credential === undefined ? {} : { credential: encodeCredential(credential) }),
    ...encodeTexts(request),
  });
}

/** What may be left out, and is as good as that where it is empty. */
function encodeTexts(request: CreateRequest) {
  const { metadataName = "", handler = "", processLabel = "", mountLabel = "", authFile = "" } = request;
  return { metadataName, handler, processLabel, mountLabel, authFile };
}

/** One that says nothing has no names, which whoever is asked for it refuses. */
function decodeNewContainer(message: NewContainer = create(NewContainerSchema)): CreateRequest {
  const { podName, podId, containerName, metadataName, attempt, isPrivileged, handler } = message;
  const { idMap, volatile, processLabel, mountLabel, credential, authFile } = message;
  return {
    podName,
    podId,
    containerName,
    metadataName,
    attempt,
    isPrivileged,
    handler,
    idMap: decodeIdMap(idMap),
    volatile,
    processLabel,
    mountLabel,
    credential: decodeCredential(credential),
    authFile: decodeAuthFile(authFile),
  };
}

/** What is relative for the client is so to another directory here. */
function decodeAuthFile(path: string): string | undefined {
  if (path === "" || path.startsWith("/")) return path || undefined;
  throw new StowageError("invalid-argument", `Cannot read auth file ${quoteText(path)}: expected an absolute path`);
}

export function encodeCreatedContainer({ config, ...created }: CreatedContainer): CreateContainerResponse {
  return create(CreateContainerResponseSchema, { ...created, config: new Uint8Array(config) });
}

export function decodeCreatedContainer(message: CreateContainerResponse): CreatedContainer {
  const { id, workDirectory, runDirectory, config, processLabel, mountLabel } = message;
  return { id, workDirectory, runDirectory, config, processLabel, mountLabel };
}

/** A container as `stowage.v1` carries it. */
export function encodeContainer(container: Container): ContainerMessage {
  const { id, names, imageId, handler = "", snapshotter = "", metadata, idMap, volatile, boot, state } = container;
  return create(ContainerSchema, {
    id,
    names: [...names],
    imageId,
    handler,
    snapshotter,
    metadata,
    ...(idMap === undefined ? {} : { idMap: encodeIdMap(idMap) }),
    volatile,
    boot,
    createdAt: BigInt(container.createdAt),
    state,
  });
}

/** The container in a message. What is no digest or state fails with `invalid-argument`. */
export function decodeContainer(message: ContainerMessage): Container {
  const { id, names, imageId, handler, snapshotter, metadata, volatile, boot, createdAt } = message;
  const idMap = decodeIdMap(message.idMap);
  return {
    id,
    names,
    imageId: parseDigest(imageId),
    ...(handler === "" ? {} : { handler }),
    ...(snapshotter === "" ? {} : { snapshotter }),
    metadata,
    ...(idMap === undefined ? {} : { idMap }),
    volatile,
    boot,
    createdAt: Number(createdAt),
    state: decodeState(message),
  };
}

function decodeState({ id, state }: ContainerMessage): ContainerState {
  const known = states.find((each) => each === state);
  if (known !== undefined) return known;
  const where = `Cannot read container ${quoteText(id)}`;
  throw new StowageError("invalid-argument", `${where}: there is no state ${quoteText(state)}`);
}

const states = ["created", "mounted", "lost"] as const satisfies readonly ContainerState[];
