import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Secret } from "@stowage/auth";
import type { Container, ContainerRequest, PodSandboxRequest } from "@stowage/containers";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import {
  decodeContainer,
  decodeContainerRequest,
  decodeCreatedContainer,
  decodePodSandboxRequest,
  encodeContainer,
  encodeContainerRequest,
  encodeCreatedContainer,
  encodePodSandboxRequest,
} from "./container-message.ts";
import {
  ContainerSchema,
  CreateContainerRequestSchema,
  CreateContainerResponseSchema,
  CreatePodSandboxRequestSchema,
} from "./gen/stowage/v1/containers_pb.ts";

/** A message as the other side gets it. */
function sent<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): MessageShape<Schema> {
  return fromBinary(schema, toBinary(schema, message));
}

const most = 2 ** 32 - 1;
const idMap = {
  uids: [{ inside: 0, outside: 100_000, length: 65_536 }],
  gids: [
    { inside: 0, outside: most, length: 1 },
    { inside: 1, outside: 7, length: most },
  ],
};

const named = { podName: "web-0", podId: "pod", containerName: "k8s_web" };
const bare: ContainerRequest = { ...named, id: "web", imageName: "b", imageId: digestOf("config") };
const full: ContainerRequest = {
  ...bare,
  metadataName: "web",
  attempt: most,
  isPrivileged: true,
  handler: "kata",
  idMap,
  volatile: false,
  processLabel: "system_u:system_r:container_t:s0:c1,c2",
  mountLabel: "system_u:object_r:container_file_t:s0:c1,c2",
  authFile: "/run/auth.json",
};
const unsaid = {
  metadataName: "",
  attempt: 0,
  isPrivileged: false,
  handler: "",
  idMap: undefined,
  volatile: undefined,
  processLabel: "",
  mountLabel: "",
  credential: undefined,
  authFile: undefined,
};

test.for<{ what: string; request: ContainerRequest; arrives: ContainerRequest }>([
  { what: "that says only what it has to", request: bare, arrives: { ...bare, ...unsaid } },
  { what: "that says everything", request: full, arrives: { ...full, credential: undefined } },
  {
    what: "that says that it is volatile",
    request: { ...bare, volatile: true },
    arrives: { ...bare, ...unsaid, volatile: true },
  },
])("a request for a container $what arrives as it was", ({ request, arrives }) => {
  expect(decodeContainerRequest(sent(CreateContainerRequestSchema, encodeContainerRequest(request)))).toEqual(arrives);
});

test.for<{ what: string; request: PodSandboxRequest; arrives: Partial<PodSandboxRequest> }>([
  { what: "of no namespace", request: { ...named, pauseImage: "pause" }, arrives: { uid: "", namespace: "" } },
  { what: "of one", request: { ...named, pauseImage: "pause", uid: "u", namespace: "team" }, arrives: {} },
])("a request for a pod sandbox $what arrives as it was", ({ request, arrives }) => {
  const arrived = decodePodSandboxRequest(sent(CreatePodSandboxRequestSchema, encodePodSandboxRequest(request)));
  expect(arrived).toEqual({ ...unsaid, ...request, ...arrives });
});

test("a credential arrives, and is printed by nobody", () => {
  const credential = { kind: "basic", username: "me", password: new Secret("canary") } as const;
  const message = encodePodSandboxRequest({ ...named, pauseImage: "pause", credential });
  const arrived = decodePodSandboxRequest(sent(CreatePodSandboxRequestSchema, message)).credential;
  expect(arrived?.kind === "basic" && [arrived.username, arrived.password.reveal()]).toEqual(["me", "canary"]);
  expect(JSON.stringify(arrived)).not.toContain("canary");
});

test.for<{ what: string; container: MessageInitShape<typeof CreateContainerRequestSchema>["container"] }>([
  { what: "a password without a name", container: { credential: { password: "canary" } } },
  { what: "an auth file in a directory that only the client knows", container: { authFile: "auth.json" } },
])("refuses $what, and repeats no secret", ({ container }) => {
  const refused = { code: "invalid-argument", message: expect.not.stringContaining("canary") };
  const request = { container: { ...named, ...container } };
  expect(() => decodeContainerRequest(create(CreateContainerRequestSchema, request))).toThrow(
    expect.objectContaining(refused),
  );
});

test("a request that says nothing is one without names, and not a failure", () => {
  expect(decodeContainerRequest(create(CreateContainerRequestSchema))).toMatchObject({ id: "", podName: "" });
});

test("what was created arrives as it was", () => {
  const created = {
    id: "web",
    workDirectory: "/work",
    runDirectory: "/run",
    config: new Uint8Array([0, 255]),
    processLabel: "p",
    mountLabel: "m",
  };
  expect(decodeCreatedContainer(sent(CreateContainerResponseSchema, encodeCreatedContainer(created)))).toEqual(created);
});

const container: Container = {
  id: "web",
  names: ["k8s_web", "web-0"],
  imageId: digestOf("config"),
  metadata: '{"pod-name":"web-0"}',
  volatile: true,
  boot: "a boot",
  createdAt: 1_790_000_000_123,
  state: "created",
};

test.for<Container>([
  container,
  { ...container, state: "mounted", volatile: false, names: [] },
  { ...container, state: "lost", handler: "kata", snapshotter: "native", idMap },
])("a container that is $state arrives as it was", (given) => {
  const arrived = decodeContainer(sent(ContainerSchema, encodeContainer(given)));
  expect(arrived).toEqual(given);
  expect(Object.keys(arrived).toSorted()).toEqual(Object.keys(given).toSorted());
});

test.for([
  { what: "state", change: { state: "frozen" } },
  { what: "digest of its image", change: { imageId: "sha256:abc" } },
])("refuses a container that has no $what", ({ change }) => {
  const message = create(ContainerSchema, { ...encodeContainer(container), ...change });
  expect(() => decodeContainer(message)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});
