import { once } from "node:events";
import { createServer, request as startRequest } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type Credential, Secret } from "@stowage/auth";
import { parseProxySettings } from "@stowage/hosts";
import type { HostTrust } from "@stowage/registry";
import { type FakeRegistry, makeCertificates, startRegistry } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { formsOf, makeCanary, showsOf, toldBy } from "./canary.test.fixture.ts";
import { layer, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { domain, hasty, type Planned, planOf } from "./planned-hosts.test.fixture.ts";

const password = makeCanary("proxy");
const granted = `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
const certificates = makeCertificates();

/** A proxy for http and, by CONNECT, for everything, that lets `me` in; it keeps what it was asked and told. */
async function startProxy() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.headers["proxy-authorization"] !== granted) return void response.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = request.headers;
    const onward = startRequest(request.url ?? "", { method: request.method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const open = new Set<Duplex>();
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    open.add(socket.on("error", () => undefined));
    if (request.headers["proxy-authorization"] !== granted) return void socket.end("HTTP/1.1 407 No\r\n\r\n");
    const [host, port] = (request.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    open.add(onward.on("error", () => undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    asked,
    host: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

async function pull(
  fake: FakeRegistry,
  proxy: string,
  { trust, credential }: { trust?: HostTrust; credential?: Credential } = {},
) {
  const proxies = parseProxySettings({ hosts: { [fake.host]: proxy } });
  const host: Planned = { origin: fake.origin, trust };
  await using registry = openHttpRegistry({
    ...hasty,
    proxies,
    hosts: planOf(host),
    keychain: { find: async () => credential },
  });
  await registry.resolve({ domain, path, tag: "v1" });
  await Array.fromAsync(registry.blob({ domain, path }, layer));
}

const withPassword = (host: string, secret = password) => `http://me:${encodeURIComponent(secret)}@${host}`;

describe.each(["http", "https"] as const)(
  "a proxy with a password, before a host that speaks %s (REG-29)",
  (scheme) => {
    async function startFake() {
      const { server, ca } = await certificates;
      const users = { you: "canary-own" };
      const authentication = { kind: "basic", users } as const;
      const fake = await startRegistry(scheme === "https" ? { tls: server, authentication } : { authentication });
      putImage(fake);
      return { fake, trust: { authorities: [ca], identities: [], anyCertificate: false } };
    }
    const credential: Credential = { kind: "basic", username: "you", password: new Secret("canary-own") };

    test("is asked for everything, and its password goes no further", async () => {
      const { fake, trust } = await startFake();
      await using _ = fake;
      await using proxy = await startProxy();
      await pull(fake, withPassword(proxy.host), { trust, credential });
      expect(proxy.asked[0]).toContain(fake.host);
      expect(proxy.asked.every((line) => line.startsWith("CONNECT ") === (scheme === "https"))).toBe(true);
      expect(showsOf([...formsOf(password, "me"), "proxy-authorization"], fake.requests)).toEqual([]);
    });

    test.for([
      { what: "refuses the password", proxyAt: (host: string) => withPassword(host, `${password}-wrong`) },
      { what: "is not there", proxyAt: () => withPassword("127.0.0.1:1") },
    ])("that $what makes the host unavailable, and is told nothing but that", async ({ proxyAt }) => {
      const { fake, trust } = await startFake();
      await using _ = fake;
      await using proxy = await startProxy();
      const told = await toldBy(() => pull(fake, proxyAt(proxy.host), { trust, credential }));
      expect(told).toContain("RegistryUnavailableError");
      expect(
        showsOf(
          [...formsOf(password, "me"), ...formsOf(`${password}-wrong`, "me"), ...formsOf("canary-own", "you")],
          told,
        ),
      ).toEqual([]);
      expect(fake.requests).toEqual([]);
    });
  },
);

test("a host that is asked directly is, beside one behind a proxy", async () => {
  await using one = await startRegistry();
  await using other = await startRegistry();
  await using proxy = await startProxy();
  for (const fake of [one, other]) putImage(fake);
  const proxies = parseProxySettings({ hosts: { [one.host]: withPassword(proxy.host), [other.host]: "direct" } });
  for (const fake of [one, other]) {
    await using registry = openHttpRegistry({ ...hasty, proxies, hosts: planOf(fake) });
    await registry.resolve({ domain, path, tag: "v1" });
  }
  expect(proxy.asked).toHaveLength(1);
  expect([one, other].map(({ requests }) => requests.length)).toEqual([1, 1]);
});
