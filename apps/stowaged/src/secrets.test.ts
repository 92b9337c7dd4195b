import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { inspect } from "node:util";
import { type Credential, Secret } from "@stowage/auth";
import { smallImage } from "@stowage/image-fixtures";
import {
  createTokenIssuer,
  dropConnection,
  type FakeRegistry,
  type FakeRequest,
  type Fault,
  redirectTo,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startNode } from "./log.test.fixture.ts";
import { ask, scratch } from "./metrics.test.fixture.ts";
import { startCollector } from "./tracing.test.fixture.ts";

const password = "canary-password+/?";
const refresh = "canary-refresh-token";
const bearer = "canary-registry-token";
const signature = "canary-signature";
const proxyPassword = "canary-proxy";
const header = "canary-header";

const credentials: readonly Credential[] = [
  { kind: "basic", username: "me", password: new Secret(password) },
  { kind: "identity-token", token: new Secret(refresh) },
  { kind: "registry-token", token: new Secret(bearer) },
];

/** Each secret as it is, and as it goes over the wire. */
const forms = [password, refresh, bearer, signature, proxyPassword, header, `me:${password}`, `me:${proxyPassword}`]
  .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, "")])
  .concat("issued-");

/** Says back all that it was told. */
const echo =
  (code: number): Fault =>
  async (request: FakeRequest) => ({
    status: code,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(
      JSON.stringify({
        errors: [{ code: "ECHO", message: JSON.stringify([request.path, request.headers, request.body]) }],
      }),
    ),
  });

async function offer(): Promise<FakeRegistry> {
  const issuer = createTokenIssuer({ users: { me: password }, refreshTokens: [refresh] });
  const authentication = { kind: "bearer", issuer, registryTokens: [bearer] } as const;
  const registry = await startRegistry({ authentication });
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

/** Another host that has the same blobs, to which a signed URL leads. */
async function offerSigned(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

/** A proxy that lets nobody through, and tells what it was told. */
async function startProxy(): Promise<{ readonly host: string; readonly told: readonly unknown[] }> {
  const told: unknown[] = [];
  const proxy = createServer((request, response) => {
    told.push(request.headers);
    response.writeHead(407, { "x-echo": String(request.headers["proxy-authorization"]) });
    response.end(JSON.stringify(request.headers));
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  return { host: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`, told };
}

async function hostsDirectory({ host, origin }: FakeRegistry): Promise<string> {
  const directory = await scratch();
  await mkdir(join(directory, host));
  await writeFile(join(directory, host, "hosts.toml"), `[host."${origin}".header]\nx-key = "${header}"\n`);
  return directory;
}

test("CVE-2020-8564, CVE-2019-11250: no secret is in the log at its most talkative, in a metric, a span, an event or an error", async () => {
  const [registry, signed, proxy, collector] = [
    await offer(),
    await offerSigned(),
    await startProxy(),
    await startCollector(),
  ];
  const { lines, address, pull, stop } = await startNode(`
[log]
level = "debug"
[tracing]
endpoint = "${collector.endpoint}"
[registry]
hosts_dirs = ["${await hostsDirectory(registry)}"]
[registry.proxies]
"proxied.example:5000" = "http://me:${proxyPassword}@${proxy.host}"
`);
  using client = connectStore(address);
  const events: unknown[] = [];
  const watching = (async () => {
    for await (const event of client.watch()) events.push(event);
  })().catch(() => undefined);
  const signing = redirectTo(({ path }) => `${signed.origin}${path}?X-Amz-Signature=${signature}`);
  const faults: readonly (readonly Fault[])[] = [
    [],
    ...[400, 401, 403, 404, 500].map((code) => [echo(code)]),
    [when(/token/, echo(401))],
    [when(/blobs/, dropConnection())],
    [when(/blobs/, signing)],
  ];
  const outcomes: unknown[] = [];
  for (const [at, credential] of credentials.entries()) {
    for (const around of at === 0 ? faults : faults.slice(0, 2)) {
      const wrapped = around.map((fault) => registry.wrap(fault));
      outcomes.push(await pull(`${registry.host}/a:1`, credential));
      await client.remove(`${registry.host}/a:1`, { endLease: true });
      for (const fault of wrapped) fault[Symbol.dispose]();
    }
  }
  for (const credential of credentials) {
    using _refusing = registry.wrap(echo(401));
    const pod = { podName: "web-0", podId: "pod", containerName: "k8s_POD", pauseImage: `${registry.host}/a:1` };
    outcomes.push(await client.containers.createPodSandbox({ ...pod, credential }).catch((error: unknown) => error));
  }
  registry.wrap(when(/blobs/, signing));
  signed.wrap(status(403, signature));
  outcomes.push(await pull(`${registry.host}/a:1`, credentials[0]));
  outcomes.push(await pull("proxied.example:5000/a:1", credentials[0]));
  const { body: metrics } = await ask({ kind: "socket", path: address.replace(/\.sock$/, "-metrics.sock") });
  await stop();
  await watching;
  const told = [lines, outcomes, events].map((one) =>
    inspect(one, { depth: null, maxStringLength: null, maxArrayLength: null }),
  );
  const text = [...told, JSON.stringify([lines, events]), metrics, ...collector.bodies].join("\n");
  expect(forms.filter((form) => text.includes(form))).toEqual([]);
  const sent = JSON.stringify([registry.requests, signed.requests, proxy.told]);
  for (const secret of [bearer, signature, header, Buffer.from(`me:${proxyPassword}`).toString("base64")])
    expect(sent).toContain(secret);
  expect(outcomes.filter((outcome) => !(outcome instanceof Error)).length).toBeGreaterThanOrEqual(4);
  expect(lines.length).toBeGreaterThan(outcomes.length);
  expect(collector.spans.length).toBeGreaterThan(outcomes.length);
  expect(events.length).toBeGreaterThan(outcomes.length);
});
