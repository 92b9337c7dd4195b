import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { AdmissionRefusedError } from "@stowage/admission";
import { decodeCheckReport, decodeDiskAccount, decodeRepairs, ImageService, StoreService } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import type { ImageService as Images } from "@stowage/image-service";
import { blobResource, type Image } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
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
  pins: [],
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

test("a pull for a pod is one for its namespace, and one for no pod is for none", async () => {
  const asked: unknown[] = [];
  const pull: Images["pull"] = async (_reference, options) => {
    asked.push(options?.namespace);
    return image;
  };
  const client = createClient(ImageService, await serve({ pull }));
  const sandboxes = [{}, { sandboxConfig: {} }, { sandboxConfig: { metadata: { namespace: "" } } }];
  for (const sandbox of [...sandboxes, { sandboxConfig: { metadata: { namespace: "team" } } }])
    await client.pullImage({ image: { image: "a" }, ...sandbox });
  expect(asked).toEqual([undefined, undefined, undefined, "team"]);
});

test("CRI-24: a refusal reaches a kubelet as Unknown, with the word that it looks for", async () => {
  const error = new AdmissionRefusedError(parseReference("a.example/b:v1"), "it is rejected");
  const client = createClient(ImageService, await serve({ pull: () => Promise.reject(error) }));
  await expect(client.pullImage({ image: { image: "a.example/b:v1" } })).rejects.toMatchObject({
    code: Code.Unknown,
    rawMessage: "SignatureValidationFailed: Cannot admit a.example/b:v1: it is rejected",
  });
});

const damage = [{ resource: blobResource(blob.digest), why: "is missing" }];

test("answers about a damaged image as about an absent one, and tells who asks for more what is wrong", async () => {
  const find: Images["find"] = async () => ({ ...image, damage });
  const client = createClient(ImageService, await serve({ find }));
  expect(await client.imageStatus({ image: { image: "a" } })).toMatchObject({ info: {} });
  const { image: told, info } = await client.imageStatus({ image: { image: "a" }, verbose: true });
  expect(told).toBeUndefined();
  expect(JSON.parse(info["info"] ?? "")).toEqual({ id: image.id, damage: [`blob ${blob.digest} is missing`] });
  expect((await client.listImages({ filter: { image: { image: "a" } } })).images).toEqual([]);
});

test("carries what a check saw, what a repair did and what the disk holds", async () => {
  const finding = { resource: blobResource(blob.digest), why: "is missing", images: [image.id] };
  const report = { images: 1, resources: 3, findings: [finding], unreadable: [digestOf("torn")] };
  const repairs = [{ image }, { image: { ...image, damage }, failure: "Cannot pull: no" }];
  const usage = { bytes: 2 ** 41, inodes: 7 };
  const account = {
    lines: [{ kind: "layers" as const, ...usage }],
    total: usage,
    unaccounted: { ...usage, paths: ["a/ÿ"] },
  };
  const transport = await serve({
    check: async ({ level }) => ({ ...report, images: level === "digests" ? 1 : 2 }),
    repair: async () => repairs,
    account: async () => account,
  });
  const client = createClient(StoreService, transport);
  expect(decodeCheckReport(await client.check({ level: "digests" }))).toEqual(report);
  expect(decodeCheckReport(await client.check({ level: "sizes" }))).toEqual({ ...report, images: 2 });
  expect(decodeRepairs(await client.repair({}))).toEqual(repairs);
  expect(decodeDiskAccount(await client.account({}))).toEqual(account);
  await expect(client.check({ level: "all" })).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test("CRI-27: a list that fits no message is refused, with what helps; in batches it comes whole", async () => {
  const annotations = { "org.example.note": "x".repeat(100_000) };
  const many = Array.from({ length: 200 }, (_, at) => ({ ...image, id: digestOf(String(at)), annotations }));
  const client = createClient(ImageService, await serve({ list: async () => many }));
  const refused = ConnectError.from(await client.listImages({}).catch((error: unknown) => error));
  expect(refused.code).toBe(Code.ResourceExhausted);
  expect(refused.rawMessage).toContain("StreamImages");
  const batches = await Array.fromAsync(client.streamImages({}), ({ images }) => images.map(({ id }) => id));
  expect(batches.length).toBeGreaterThan(4);
  expect(batches.flat()).toEqual(many.map(({ id }) => id));
});

test.for([
  { config: '{"os":"linux"}', spec: { os: "linux" } },
  { config: "a: b", spec: "a: b" },
])("tells in a verbose status the config $config, whatever it is", async ({ config, spec }) => {
  const artifact = { ...image, files: [blob] };
  const readConfig = async () => Buffer.from(config);
  const client = createClient(ImageService, await serve({ find: async () => artifact, readConfig }));
  const { info } = await client.imageStatus({ image: { image: "a" }, verbose: true });
  expect(JSON.parse(info["info"] ?? "")).toEqual({ chainID: "", imageSpec: spec });
});
