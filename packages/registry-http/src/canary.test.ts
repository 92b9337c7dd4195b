import { once } from "node:events";
import { createServer } from "node:net";
import { type Credential, Secret } from "@stowage/auth";
import {
  createTokenIssuer,
  cutAfter,
  dropConnection,
  endlessBody,
  type FakeRequest,
  type Fault,
  redirectTo,
  stallAfter,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { formsOf, makeCanary, showsOf, toldBy } from "./canary.test.fixture.ts";
import { layer, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { domain, hasty, type Planned, planOf } from "./planned-hosts.test.fixture.ts";

const password = makeCanary("password");
const refreshToken = makeCanary("refresh");
const registryToken = "canary-registry.token~0123456789+/==";
const header = "canary-header !#$%&'*+/=?^_`{|}~";

const credentials: Readonly<Record<string, { readonly credential: Credential; readonly forms: readonly string[] }>> = {
  "name and password": {
    credential: { kind: "basic", username: "mé", password: new Secret(password) },
    forms: formsOf(password, "mé"),
  },
  "identity token": {
    credential: { kind: "identity-token", token: new Secret(refreshToken) },
    forms: formsOf(refreshToken),
  },
  "registry token": {
    credential: { kind: "registry-token", token: new Secret(registryToken) },
    forms: formsOf(registryToken),
  },
};

/** Says back all that a client said, in every form. */
function echoOf(request: FakeRequest): string {
  const said = [...Object.values(request.headers).map(String), ...new URLSearchParams(request.body).values()];
  const parts = said.flatMap((text) => [text, ...text.split(" ")]);
  return parts.flatMap((text) => [...formsOf(text), Buffer.from(text, "base64").toString()]).join(" ");
}

const echo =
  (code: number): Fault =>
  async (request) => ({
    status: code,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify({ errors: [{ code: "ECHO", message: echoOf(request) }] })),
  });

/** The true answer, with what a client said in one of its headers. */
function echoHeader(name: string): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return { ...answer, headers: { ...answer.headers, [name]: String(request.headers.authorization) } };
  };
}

/** Lets those pass who are not yet known, so that they show who they are. */
const known = (fault: Fault): Fault => {
  return async (request, next) =>
    request.headers.authorization === undefined ? await next(request) : await fault(request, next);
};

const faults: Readonly<Record<string, Fault>> = {
  "does nothing wrong": async (request, next) => await next(request),
  ...Object.fromEntries(
    [400, 401, 403, 404, 418, 429, 500].map((code) => [`answers ${code} with all it was told`, known(echo(code))]),
  ),
  ...Object.fromEntries(
    ["content-encoding", "content-range", "content-type", "docker-content-digest", "etag", "retry-after"].map(
      (name) => [`says back in its ${name} what it was told`, known(echoHeader(name))],
    ),
  ),
  "hangs up": known(dropConnection()),
  "cuts off": known(cutAfter(10)),
  stalls: known(stallAfter(10)),
  "never ends": known(endlessBody()),
  "sends round in circles": known(redirectTo(({ path: at }) => at)),
  "sends inward": known(redirectTo("http://169.254.169.254")),
  "has a token server that repeats what it was told, with a 401": when(/token/, echo(401)),
  "has a token server that repeats what it was told, with a 500": when(/token/, echo(500)),
  "has a token server that repeats what it was told, with a 200": when(/token/, echo(200)),
  "has a token server that hangs up": when(/token/, dropConnection()),
  "has a token server that never ends": when(/token/, endlessBody()),
  "has a token server that sends on": when(/token/, status(302, "", { location: "https://elsewhere.example/" })),
  "has a token server that stalls": when(/token/, () => new Promise(() => undefined)),
};

describe.each(Object.keys(credentials))("CVE-2020-8564, CVE-2019-11250: a %s", (kind) => {
  const { credential, forms } = credentials[kind] ?? { credential: undefined, forms: [] };

  test.for(Object.keys(faults))("is in no error, no event and no trace where the host %s", async (fault) => {
    const issuer = createTokenIssuer({ users: { mé: password }, refreshTokens: [refreshToken] });
    await using fake = await startRegistry({
      authentication: { kind: "bearer", issuer, registryTokens: [registryToken] },
    });
    putImage(fake);
    fake.wrap(faults[fault] ?? dropConnection());
    const headers = { "x-key": [new Secret(header)] };
    const told = await toldBy((onEvent) => pull([{ origin: fake.origin, headers }], { credential, onEvent }));
    expect(showsOf([...forms, ...formsOf(header), "issued-"], told)).toEqual([]);
    expect(told).toContain("127.0.0.1");
    expect(JSON.stringify(fake.requests)).toContain(JSON.stringify(header).slice(1, -1));
  });

  test("is in no error where the host says what it was told in what is no HTTP", async () => {
    let seen = "";
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        seen += data.toString();
        socket.end(`${seen}\n`);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const headers = { "x-key": [new Secret(header)] };
    const told = await toldBy((onEvent) => pull([{ origin, headers }], { credential, onEvent }));
    server.close();
    expect(seen).toContain(header);
    expect(told).toContain("Cannot pull");
    expect(showsOf([...forms, ...formsOf(header)], told)).toEqual([]);
  });
});

async function pull(
  hosts: readonly Planned[],
  options: Pick<Parameters<ReturnType<typeof openHttpRegistry>["resolve"]>[1] & object, "credential" | "onEvent">,
): Promise<void> {
  // The domain is the last host's own, for that is whose credential the caller has.
  const own = new URL(hosts.at(-1)?.origin ?? "").host;
  await using registry = openHttpRegistry({ ...hasty, hosts: planOf(...hosts) });
  await registry.resolve({ domain: own || domain, path, tag: "v1" }, options);
  await Array.fromAsync(registry.blob({ domain: own || domain, path }, layer, options));
}
