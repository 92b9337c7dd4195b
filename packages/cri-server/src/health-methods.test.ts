import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { bytesFields, openRawClient, textField } from "./raw-client.test.fixture.ts";
import { startServer } from "./serve.test.fixture.ts";

const serving = Buffer.from([8, 1]);
const notServing = Buffer.from([8, 2]);
const serviceUnknown = Buffer.from([8, 3]);

const services = [
  "",
  "runtime.v1.ImageService",
  "runtime.v1.RuntimeService",
  "stowage.v1.StoreService",
  "stowage.v1.ContainerService",
];

test("each service is well, and the list has them all", async () => {
  const client = openRawClient((await startServer({})).address);
  for (const service of services)
    expect(await client.unary("/grpc.health.v1.Health/Check", textField(1, service))).toEqual(serving);
  const listed = bytesFields((await client.unary("/grpc.health.v1.Health/List", Buffer.of())) ?? Buffer.of());
  const names = listed.map(([, entry]) => new Map(bytesFields(entry)).get(1)?.toString());
  expect(new Set(names)).toEqual(new Set(services));
});

test("a service that is not served is not found, and its watchers are told that it is unknown", async () => {
  const { address, server } = await startServer({});
  const client = openRawClient(address);
  const asked = client.unary("/grpc.health.v1.Health/Check", textField(1, "runtime.v1.Absent"));
  await expect(asked).rejects.toMatchObject({ code: status.NOT_FOUND });
  const told: Buffer[] = [];
  const watching = client.serverStream("/grpc.health.v1.Health/Watch", textField(1, "runtime.v1.Absent"));
  watching.on("error", () => undefined).on("data", (message: Buffer) => told.push(message));
  await expect.poll(() => told).toEqual([serviceUnknown]);
  await server[Symbol.asyncDispose]();
  expect(told).toEqual([serviceUnknown]);
});

test.for(["drained", "ended at once"])(
  "who watches hears of the end of a server that is %s, and is not waited for",
  async (how) => {
    const { address, server } = await startServer({});
    const told: Buffer[] = [];
    const watching = openRawClient(address).serverStream("/grpc.health.v1.Health/Watch", Buffer.of());
    const ended = new Promise((resolve) => watching.on("status", ({ code }) => resolve(code)));
    watching.on("error", () => undefined).on("data", (message: Buffer) => told.push(message));
    await expect.poll(() => told).toEqual([serving]);
    if (how === "drained") await server.drain(new AbortController().signal);
    else await server[Symbol.asyncDispose]();
    expect(await ended).toBe(status.OK);
    expect(told).toEqual([serving, notServing]);
  },
);
