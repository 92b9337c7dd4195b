import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ImageService, StoreService } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import type { ImageService as Images } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { RegistryUnavailableError } from "@stowage/registry";
import { expect, test } from "vitest";
import { serve } from "./serve.test.fixture.ts";

const blob = { mediaType: "application/octet-stream", digest: digestOf("blob"), size: 1 };
const image: Image = {
  id: digestOf("config"),
  manifest: blob,
  config: blob,
  layers: [],
  platform: { os: "linux", architecture: "amd64" },
  user: "",
  annotations: {},
  tags: ["docker.io/library/a:1"],
  digests: [],
  publishedAt: 1,
  damage: [],
};

const long = "x\u001b[2Jé€𐍈\n\ud800".repeat(50_000);

test.for([
  { error: new StowageError("not-found", `Cannot pull: ${long}`), code: Code.NotFound, says: /^Cannot pull: x \[2Jé/ },
  {
    error: new RegistryUnavailableError("pull", [{ host: "r.example", reason: long }]),
    code: Code.Unknown,
    says: /^RegistryUnavailable: Cannot pull/,
  },
])("a message of half a megabyte breaks neither the status $code nor the connection", async ({ error, code, says }) => {
  const transport = await serve({ pull: () => Promise.reject(error), list: async () => [image] });
  const client = createClient(ImageService, transport);
  const listing = Array.fromAsync({ length: 3 }, () => client.listImages({}));
  const failure = ConnectError.from(
    await client.pullImage({ image: { image: "a" } }).catch((caught: unknown) => caught),
  );
  expect(failure.code).toBe(code);
  expect(failure.rawMessage).toMatch(says);
  expect(failure.rawMessage).not.toMatch(/[\p{Cc}\p{Cs}]/u);
  expect(Buffer.byteLength(failure.rawMessage)).toBeLessThanOrEqual(4096);
  expect(Buffer.byteLength(failure.rawMessage)).toBeGreaterThan(4090);
  expect(await listing).toHaveLength(3);
  expect((await client.listImages({})).images).toHaveLength(1);
});

test("lists the others where one image has a user that cannot be told", async () => {
  const odd = { ...image, id: digestOf("odd"), user: "4294967296" };
  const client = createClient(ImageService, await serve({ list: async () => [odd, image] }));
  expect((await client.listImages({})).images.map(({ id }) => id)).toEqual([image.id]);
  const streamed = await Array.fromAsync(client.streamImages({}));
  expect(streamed.flatMap(({ images }) => images.map(({ id }) => id))).toEqual([image.id]);
});

test.for(["image", "imageRef"] as const)("lists what the %s of a filter names", async (field) => {
  const find: Images["find"] = async (name) => (name === image.id ? image : undefined);
  const client = createClient(ImageService, await serve({ find, list: async () => [image, image] }));
  const listed = async (name: string) =>
    (await client.listImages({ filter: { image: { [field]: name } } })).images.map(({ id }) => id);
  expect(await listed(image.id)).toEqual([image.id]);
  expect(await listed("absent")).toEqual([]);
  expect(await listed("")).toEqual([image.id, image.id]);
});

test("tells which store it holds, and its version", async () => {
  const client = createClient(StoreService, await serve({}));
  expect(await client.info({})).toMatchObject({ root: "/store", version: "1.2.3" });
});

test("a pull that does not say how to speak to the registry leaves that to the daemon", async () => {
  const asked: unknown[] = [];
  const pull: Images["pull"] = async (_reference, options) => {
    asked.push(options?.plainHttp);
    return image;
  };
  const client = createClient(StoreService, await serve({ pull }));
  for (const plain of [{}, { plainHttp: false }, { plainHttp: true }]) {
    await Array.fromAsync(client.pull({ reference: "a", ...plain }));
  }
  expect(asked).toEqual([undefined, false, true]);
});
