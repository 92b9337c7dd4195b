import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { bytesFields, openRawClient, textField } from "./raw-client.test.fixture.ts";
import { startServer } from "./serve.test.fixture.ts";

const services = [
  "runtime.v1.ImageService",
  "runtime.v1.RuntimeService",
  "stowage.v1.StoreService",
  "stowage.v1.ContainerService",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

/** What the server answers to each request, in order; the stream stays open for more. */
async function ask(version: string, requests: readonly Buffer[]) {
  const { address, server } = await startServer({});
  const stream = openRawClient(address).bidi(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
  const answers: Buffer[] = [];
  stream.on("error", () => undefined).on("data", (answer: Buffer) => answers.push(answer));
  for (const request of requests) stream.write(request);
  await expect.poll(() => answers).toHaveLength(requests.length);
  return { answers: answers.map((answer) => new Map(bytesFields(answer))), server };
}

const listServices = textField(7, "*");
const fileNamed = (name: string): Buffer => textField(3, name);
const fileWith = (symbol: string): Buffer => textField(4, symbol);
const extensionsOf = (name: string): Buffer => textField(6, name);

test.for(["v1", "v1alpha"])("%s lists the services, and repeats what it was asked", async (version) => {
  const { answers } = await ask(version, [listServices]);
  const listed = bytesFields(answers[0]?.get(6) ?? Buffer.of());
  expect(listed.map(([, service]) => new Map(bytesFields(service)).get(1)?.toString())).toEqual(services);
  expect(answers[0]?.get(2)).toEqual(listServices);
});

test.for([
  { request: fileNamed("stowage/v1/store.proto"), file: "stowage/v1/store.proto" },
  { request: fileNamed("stowage/v1/containers.proto"), file: "stowage/v1/containers.proto" },
  { request: fileWith("stowage.v1.NewContainer.credential"), file: "stowage/v1/containers.proto" },
  { request: fileNamed("runtime/v1/api.proto"), file: "runtime/v1/api.proto" },
  ...services.map((service) => ({ request: fileWith(service), file: `${service.slice(0, 4)}` })),
  { request: fileWith("runtime.v1.ImageService.PullImage"), file: "runtime/v1/api.proto" },
  { request: fileWith("stowage.v1.Image"), file: "stowage/v1/store.proto" },
  { request: fileWith("stowage.v1.Image.id"), file: "stowage/v1/store.proto" },
  { request: fileWith("stowage.v1.WatchResponse.event"), file: "stowage/v1/store.proto" },
])("$request is in a file of $file", async ({ request, file }) => {
  const { answers } = await ask("v1", [request]);
  const [found] = bytesFields(answers[0]?.get(4) ?? Buffer.of());
  const described = fromBinary(FileDescriptorProtoSchema, found?.[1] ?? Buffer.of());
  expect(described.name).toContain(file);
  expect(described.syntax).toBe("proto3");
  expect(described.service.length).toBeGreaterThan(0);
});

test.for([
  fileNamed("absent.proto"),
  fileWith("stowage.v1.Absent"),
  fileWith("stowage.v1.Image.absent"),
  fileWith("runtime.v1.ImageService.Absent"),
  fileWith("absent"),
  extensionsOf("stowage.v1.Absent"),
])("%s is not found, which does not end the stream", async (request) => {
  const { answers } = await ask("v1", [request, listServices]);
  expect(answers[0]?.get(7)?.subarray(0, 2)).toEqual(Buffer.from([8, 5]));
  expect(answers[1]?.has(6)).toBe(true);
});

test("no message has extensions, and who asks nothing is told so", async () => {
  const { answers } = await ask("v1", [extensionsOf("stowage.v1.Image"), Buffer.of()]);
  expect(answers[0]?.get(5)).toEqual(textField(1, "stowage.v1.Image"));
  expect(answers[1]?.get(7)?.subarray(0, 2)).toEqual(Buffer.from([8, 3]));
});

test("a server that is drained does not wait for who asks on and on", async () => {
  const { server } = await ask("v1", [listServices]);
  await server.drain(new AbortController().signal);
});
