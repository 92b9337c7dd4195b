import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { defaultSettings, type Settings } from "@stowage/config";
import { ImageService } from "@stowage/cri-api";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { digestOf } from "@stowage/oci";
import { startRegistry } from "@stowage/registry-fake";
import { openSocketTransport } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";
import { scratch } from "./metrics.test.fixture.ts";

const layer = { files: [{ kind: "file" as const, name: "f", content: Buffer.from("f") }] };
const made = makeImage({ platforms: [{ platform: "linux/amd64", layers: [layer] }] });
const id = made.platforms[0]?.id;

/** An OCI layout with one image, which is called so there. */
async function layoutWith({ root, blobs, digest }: MadeImage, name: string): Promise<string> {
  const directory = await scratch();
  await mkdir(join(directory, "blobs/sha256"), { recursive: true });
  for (const bytes of [root.bytes, ...blobs])
    await writeFile(join(directory, "blobs/sha256", digestOf(bytes).slice("sha256:".length)), bytes);
  const annotations = { "org.opencontainers.image.ref.name": name };
  const manifests = [{ mediaType: root.mediaType, digest, size: root.bytes.byteLength, annotations }];
  await writeFile(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return directory;
}

/** What a kubelet asks of a daemon with these settings of registries. */
async function kubeletOf(registry: Partial<Settings["registry"]>) {
  const directory = await scratch();
  const [root, address, runRoot] = [join(directory, "store"), join(directory, "s.sock"), join(directory, "run")];
  const settings = {
    ...defaultSettings,
    root,
    address,
    runRoot,
    registry: { ...defaultSettings.registry, ...registry },
  };
  const daemon = await startDaemon(settings);
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  const socket = openSocketTransport(address);
  onTestFinished(() => socket[Symbol.dispose]());
  return createClient(ImageService, socket.transport);
}

test("a kubelet's names mean what is in the default transport", async () => {
  const name = "registry.example/team/app:1";
  const layout = await layoutWith(made, name);
  const kubelet = await kubeletOf({ defaultTransport: `oci:${layout}:` });
  expect(await kubelet.pullImage({ image: { image: name } })).toMatchObject({ imageRef: id });
  expect((await kubelet.imageStatus({ image: { image: name } })).image).toMatchObject({
    id,
    repoTags: [name],
    repoDigests: [`registry.example/team/app@${made.digest}`],
  });
  const absent = kubelet.pullImage({ image: { image: "registry.example/team/other:1" } });
  await expect(absent).rejects.toMatchObject({ code: Code.NotFound });
});

test("a kubelet's name is never a way to the files of the node", async () => {
  const layout = await layoutWith(made, "app:1");
  const kubelet = await kubeletOf({});
  for (const image of [`oci:${layout}:app:1`, `dir:${layout}`, `docker-archive:${layout}`]) {
    await expect(kubelet.pullImage({ image: { image } }), image).rejects.toMatchObject({ code: Code.InvalidArgument });
  }
});

test("a kubelet's short name is what registries.conf says", async () => {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("team/app", "1", made);
  const conf = join(await scratch(), "registries.conf");
  await writeFile(conf, `unqualified-search-registries = ["${registry.host}/none", "${registry.host}/team"]`);
  const kubelet = await kubeletOf({ registriesConf: conf, plainHttp: [registry.host] });
  expect(await kubelet.pullImage({ image: { image: "app:1" } })).toMatchObject({ imageRef: id });
  expect((await kubelet.imageStatus({ image: { image: "app:1" } })).image?.repoTags).toEqual([
    `${registry.host}/team/app:1`,
  ]);
  await writeFile(conf, `short-name-mode = "enforcing"\nunqualified-search-registries = ["a.example", "b.example"]`);
  await expect(kubelet.pullImage({ image: { image: "app:1" } })).rejects.toMatchObject({
    code: Code.InvalidArgument,
    message: expect.stringContaining("returns ambiguous list"),
  });
});
