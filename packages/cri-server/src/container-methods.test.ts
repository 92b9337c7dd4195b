import { Code, createClient } from "@connectrpc/connect";
import type { ContainerVerbs } from "@stowage/containers";
import { ContainerService } from "@stowage/cri-api/containers";
import { StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { serve } from "./serve.test.fixture.ts";

async function connect(containers: Partial<ContainerVerbs>) {
  return createClient(ContainerService, await serve({}, containers));
}

test("refuses a credential that is none before anything is done, and does not repeat it", async () => {
  const asked: unknown[] = [];
  const createPodSandbox: ContainerVerbs["createPodSandbox"] = async (request) => {
    asked.push(request);
    throw new StowageError("not-found", "Cannot create it: this is a test");
  };
  const client = await connect({ createPodSandbox });
  await expect(client.createPodSandbox({ container: { credential: { password: "canary" } } })).rejects.toMatchObject({
    code: Code.InvalidArgument,
    rawMessage: expect.not.stringContaining("canary"),
  });
  await expect(client.createPodSandbox({})).rejects.toMatchObject({ code: Code.NotFound });
  expect(asked).toHaveLength(1);
});

test("what was not foreseen is not told", async () => {
  const client = await connect({ start: () => Promise.reject(new Error("canary")) });
  await expect(client.startContainer({ idOrName: "web" })).rejects.toMatchObject({
    code: Code.Internal,
    rawMessage: "Internal error",
  });
});

test("a call whose client leaves is stopped", async () => {
  const [begun, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const start: ContainerVerbs["start"] = async (_id, { signal } = {}) => {
    signal?.addEventListener("abort", () => left.resolve());
    begun.resolve();
    await left.promise;
    throw signal?.reason;
  };
  const client = await connect({ start });
  const leaving = new AbortController();
  const call = client.startContainer({ idOrName: "web" }, { signal: leaving.signal });
  await begun.promise;
  leaving.abort();
  await expect(call).rejects.toMatchObject({ code: Code.Canceled });
  await left.promise;
});
