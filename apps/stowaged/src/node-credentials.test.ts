import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { defaultSettings } from "@stowage/config";
import { ImageService } from "@stowage/cri-api";
import { smallImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { openSocketTransport } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";

const encoded = (text: string): string => Buffer.from(text).toString("base64");

test("what a kubelet sends wins over the node's file, and the file is used where it sends nothing", async () => {
  const users = { kubelet: "of the kubelet", node: "of the node" };
  const registry = await startRegistry({ authentication: { kind: "basic", users } });
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  const directory = await mkdtemp(join(tmpdir(), "stowaged-credentials-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [address, authFile] = [join(directory, "s.sock"), join(directory, "auth.json")];
  await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: { auth: encoded("node:of the node") } } }));
  const daemon = await startDaemon({
    ...defaultSettings,
    root: join(directory, "store"),
    address,
    registry: { ...defaultSettings.registry, authFile },
  });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  const socket = openSocketTransport(address);
  onTestFinished(() => socket[Symbol.dispose]());
  const images = createClient(ImageService, socket.transport);
  const shown = async (auth?: { readonly username: string; readonly password: string }): Promise<readonly string[]> => {
    const before = registry.requests.length;
    const asked = { image: { image: `${registry.host}/a:1` }, ...(auth === undefined ? {} : { auth }) };
    await images.pullImage(asked).catch(() => undefined);
    return [...new Set(registry.requests.slice(before).flatMap(({ headers }) => headers.authorization ?? []))];
  };

  expect(await shown({ username: "kubelet", password: "of the kubelet" })).toEqual([
    `Basic ${encoded("kubelet:of the kubelet")}`,
  ]);
  expect(await shown({ username: "kubelet", password: "wrong" })).toEqual([`Basic ${encoded("kubelet:wrong")}`]);
  expect(await shown()).toEqual([`Basic ${encoded("node:of the node")}`]);

  await writeFile(
    authFile,
    JSON.stringify({ auths: { [registry.host]: { auth: encoded("kubelet:of the kubelet") } } }),
  );
  expect(await shown()).toEqual([`Basic ${encoded("kubelet:of the kubelet")}`]);
});
