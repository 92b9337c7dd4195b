import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { defaultSettings, type Settings } from "@stowage/config";
import { ImageService } from "@stowage/cri-api";
import { smallImage } from "@stowage/image-fixtures";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { openSocketTransport } from "@stowage/store-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";
import { scratch } from "./metrics.test.fixture.ts";
import { openVerbs, sourceOf } from "./store-verbs.test.fixture.ts";

const accept = [{ type: "insecureAcceptAnything" }];
const reject = [{ type: "reject" }];
const name = parseReference("example.com/app:1");
const platform = parsePlatform("linux/amd64");

/** Policies in files: that of the machine, and those of namespaces. */
async function policies(
  machine: object,
  namespaces: Readonly<Record<string, object>> = {},
): Promise<Settings["policy"]> {
  const directory = await scratch();
  const namespacesDir = join(directory, "policies");
  await mkdir(namespacesDir);
  const file = join(directory, "policy.json");
  await writeFile(file, JSON.stringify(machine));
  for (const [namespace, own] of Object.entries(namespaces))
    await writeFile(join(namespacesDir, `${namespace}.json`), JSON.stringify(own));
  return { file, namespacesDir };
}

async function smallRegistry() {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("app", "1", smallImage());
  return registry;
}

/** Pulls as a kubelet does; what is answered, or the failure. */
async function kubelet(policy: Settings["policy"]) {
  const directory = await scratch();
  const address = join(directory, "s.sock");
  const daemon = await startDaemon({ ...defaultSettings, policy, root: join(directory, "store"), address });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  const socket = openSocketTransport(address);
  onTestFinished(() => socket[Symbol.dispose]());
  const client = createClient(ImageService, socket.transport);
  const pull = async (image: string, namespace?: string) => {
    const sandbox = namespace === undefined ? {} : { sandboxConfig: { metadata: { namespace, name: "p", uid: "u" } } };
    const failure = await client.pullImage({ image: { image }, ...sandbox }).then(
      () => undefined,
      (error: unknown) => ConnectError.from(error),
    );
    return failure === undefined ? "pulled" : { code: failure.code, says: failure.rawMessage };
  };
  return { client, pull };
}

const refused = {
  code: Code.Unknown,
  says: expect.stringMatching(/^SignatureValidationFailed: Cannot admit .* rejected/),
};

test("CRI-24, IMG-29: a kubelet is told of a refusal, and the policy of a pod's namespace decides for its images", async () => {
  const registry = await smallRegistry();
  const { client, pull } = await kubelet(await policies({ default: reject }, { loose: { default: accept } }));
  const image = `${registry.host}/app:1`;
  expect(await pull(image)).toEqual(refused);
  expect(await pull(image, "")).toEqual(refused);
  expect(await pull(image, "strict")).toEqual(refused);
  expect(registry.requests.filter(({ path }) => path.includes("/blobs/"))).toEqual([]);
  expect((await client.listImages({})).images).toEqual([]);
  expect(await pull(image, "loose")).toBe("pulled");
  expect(await pull(image, "strict")).toEqual(refused);
  expect((await client.listImages({})).images).toHaveLength(1);
});

test("IMG-29: a namespace may be stricter than its machine, and one that is no name is refused", async () => {
  const registry = await smallRegistry();
  const { pull } = await kubelet(await policies({ default: accept }, { strict: { default: reject } }));
  const image = `${registry.host}/app:1`;
  expect(await pull(image, "strict")).toEqual(refused);
  expect(await pull(image, "../policies/strict")).toMatchObject({ code: Code.InvalidArgument });
  expect(await pull(image, "other")).toBe("pulled");
});

test("IMG-30: a damaged policy of a namespace fails its pulls, and no others", async () => {
  const registry = await smallRegistry();
  const { pull } = await kubelet(await policies({ default: accept }, { damaged: { default: [] } }));
  const image = `${registry.host}/app:1`;
  expect(await pull(image, "damaged")).toMatchObject({
    code: Code.InvalidArgument,
    says: expect.stringContaining("damaged.json"),
  });
  expect(await pull(image, "other")).toBe("pulled");
});

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("what is loaded is judged by where it lies, not by what it is to be called", async () => {
    const transports = { docker: { "": accept }, "oci-archive": { "/srv/ours": accept } };
    const images = await openVerbs(held, { policy: await policies({ default: reject, transports }) });
    const from = (origin: ReturnType<typeof sourceOf>["origin"]) => ({ ...sourceOf(smallImage(), [name]), origin });
    const others = [
      undefined,
      { transport: "docker-archive" },
      { transport: "oci-archive" },
      { transport: "oci-archive", path: "/srv/a.tar" },
      { transport: "oci", path: "/srv/ours/layout" },
      { transport: "dir", path: "/srv/ours/dir" },
    ] as const;
    for (const origin of others) {
      const source = from(origin);
      await expect(images.load(source, { platform })).rejects.toMatchObject({
        code: "permission-denied",
        message: expect.stringContaining("Cannot admit example.com/app:1: it is rejected"),
      });
      const documents: readonly string[] = [source.root.digest, smallImage().platforms[0]?.manifest.digest ?? ""];
      expect(source.reads.filter(({ digest }) => !documents.includes(digest))).toEqual([]);
    }
    expect(await images.list({ damagedToo: true })).toEqual([]);
    await images.load(from({ transport: "oci-archive", path: "/srv/ours/a.tar" }), { platform });
    expect(await images.list()).toHaveLength(1);
  });

  test("IMG-29: a pull for a namespace is judged by its policy", async () => {
    const registry = await smallRegistry();
    const own = await policies({ default: reject }, { team: { default: accept } });
    const images = await openVerbs(held, { policy: own });
    const reference = parseReference(`${registry.host}/app:1`);
    const asked = { platform, plainHttp: true };
    await expect(images.pull(reference, asked)).rejects.toMatchObject({ code: "permission-denied" });
    await images.pull(reference, { ...asked, namespace: "team" });
  });
});
