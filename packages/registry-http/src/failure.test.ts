import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RegistryUnavailableError } from "@stowage/registry";
import { endlessBody, type Fault, startRegistry, status } from "@stowage/registry-fake";
import { Agent } from "undici";
import { describe, expect, test } from "vitest";
import { layer, manifest, path, putImage } from "./image.test.fixture.ts";
import { type HttpRegistryOptions, openHttpRegistry } from "./index.ts";

const denied = '{"errors":[{"code":"DENIED","message":"not for you"}]}';

describe("an answer of the registry", () => {
  test.for([
    { code: 400, becomes: "invalid-argument", body: denied, text: "answers 400 Bad Request (DENIED: not for you)" },
    { code: 401, becomes: "unauthenticated", body: "", text: "answers 401 and does not say how to authenticate" },
    { code: 403, becomes: "permission-denied", body: denied, text: "answers 403 Forbidden (DENIED: not for you)" },
    { code: 404, becomes: "not-found", body: "", text: "answers 404 Not Found" },
    { code: 406, becomes: "invalid-argument", body: "<html>no</html>", text: "answers 406 Not Acceptable" },
    { code: 418, becomes: "invalid-argument", body: denied, text: "I'm a Teapot (DENIED: not for you)" },
    { code: 204, becomes: "unavailable", body: "", text: "it answers 204 No Content" },
    { code: 304, becomes: "unavailable", body: "", text: "it answers 304 Not Modified" },
    { code: 408, becomes: "unavailable", body: "", text: "it answers 408 Request Timeout" },
    { code: 429, becomes: "unavailable", body: denied, text: "it answers 429 Too Many Requests (DENIED: not for you)" },
    { code: 500, becomes: "unavailable", body: "{", text: "it answers 500 Internal Server Error" },
    { code: 502, becomes: "unavailable", body: "", text: "it answers 502 Bad Gateway" },
    { code: 503, becomes: "unavailable", body: "", text: "it answers 503 Service Unavailable" },
    { code: 504, becomes: "unavailable", body: "", text: "it answers 504 Gateway Timeout" },
    { code: 599, becomes: "unavailable", body: "", text: "it answers 599" },
  ])("of $code is $becomes, asked once", async ({ code, becomes, body, text }) => {
    const { error, requests, host } = await failure(status(code, body));
    expect(error).toMatchObject({ code: becomes, message: expect.stringContaining(text) });
    expect(String(error)).toContain(`Cannot pull ${host}/${path}:v1: ${host}`);
    expect(error instanceof RegistryUnavailableError).toBe(becomes === "unavailable");
    expect(requests).toBe(1);
  });

  test("CVE-2023-25153: is cut at the limit where its error has no end", async () => {
    const endless: Fault = async (request, next) => ({ ...(await endlessBody("x")(request, next)), status: 500 });
    expect((await failure(endless)).error).toMatchObject({ code: "unavailable" });
  });

  test("has a head that is not endless", async () => {
    const { error } = await failure(status(200, "", { "x-filler": "x".repeat(100_000) }));
    expect(error).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("head of its answer is too long"),
    });
  });

  test.for([
    {
      what: "its head does not come",
      options: { timeouts: { headers: 200 } },
      text: "did not begin to answer in time",
    },
    {
      what: "it takes too long altogether",
      options: { timeouts: { document: 200 } },
      text: "the answer took too long",
    },
  ])("is not waited for where $what", async ({ options, text }) => {
    const { error } = await failure(() => new Promise(() => undefined), options);
    expect(error).toMatchObject({ code: "unavailable", message: expect.stringContaining(text) });
  });

  test("is not waited for by a caller who leaves", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const { error } = await failure(() => new Promise(() => undefined), {}, controller.signal);
    expect(error).toBe(reason);
  });
});

describe("a registry that is not there", () => {
  test.for([
    { domain: "127.0.0.1:1", text: "127.0.0.1:1: it refuses the connection" },
    { domain: "registry.invalid", text: "registry.invalid: its name is not known" },
  ])("at $domain is unavailable", async ({ domain, text }) => {
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const error: unknown = await registry.resolve({ domain, path, tag: "v1" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RegistryUnavailableError);
    expect(String(error)).toContain(`Cannot pull ${domain}/${path}:v1: ${text}`);
    await expect(registry.document({ domain, path }, manifest)).rejects.toBeInstanceOf(RegistryUnavailableError);
    await expect(Array.fromAsync(registry.blob({ domain, path }, layer))).rejects.toBeInstanceOf(
      RegistryUnavailableError,
    );
  });

  test("but hangs up is unavailable", async () => {
    const server = createServer((socket) => void socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const domain = `127.0.0.1:${portOf(server.address())}`;
    await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toThrow("it cut the connection");
    server.close();
  });

  test.for(["0x7f.1", "127.1:5000", "2130706433:80"])(
    "is not looked for behind another spelling: %s",
    async (domain) => {
      await using registry = openHttpRegistry({ retries: { rounds: 1 } });
      await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toMatchObject({ code: "invalid-argument" });
    },
  );
});

/** Finds every name on this machine. */
const everywhereHere = { connect: { lookup: lookupHere } };

describe("a registry that speaks plain http", () => {
  test.for<{ where: string; options: HttpRegistryOptions; plainHttp?: boolean; found: boolean }>([
    { where: "127.0.0.1", options: {}, found: true },
    { where: "localhost", options: {}, found: true },
    { where: "registry.example", options: {}, found: false },
    {
      where: "registry.example",
      options: { plainHttp: (domain) => domain.startsWith("registry.example:") },
      found: true,
    },
    { where: "registry.example", options: { plainHttp: () => true }, plainHttp: false, found: false },
    { where: "registry.example", options: {}, plainHttp: true, found: true },
  ])("at $where is asked: $found", async ({ where, options, plainHttp, found }) => {
    await using fake = await startRegistry();
    putImage(fake);
    const dispatcher = new Agent(everywhereHere);
    await using registry = openHttpRegistry({ ...options, dispatcher });
    const outcome = registry.resolve({ domain: fake.host.replace("127.0.0.1", where), path, tag: "v1" }, { plainHttp });
    if (found) expect((await outcome).descriptor).toEqual(manifest);
    else await expect(outcome).rejects.toThrow("it speaks plain http, not https (allow that with --plain-http)");
    expect(fake.requests).toHaveLength(found ? 1 : 0);
    await dispatcher.destroy();
  });

  test("here is asked over https only until it has answered", async () => {
    await using fake = await startRegistry();
    putImage(fake);
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    for (let round = 0; round < 5; round += 1) await registry.resolve({ domain: fake.host, path, tag: "v1" });
    expect(fake.connections).toBeLessThanOrEqual(3);
  });
});

describe.skipIf(!hasOpenssl())("a registry with a certificate (skipped without openssl to make one)", () => {
  test("of its own making is unavailable, and not asked over http", async () => {
    await using server = await startTlsServer();
    await using registry = openHttpRegistry({ retries: { rounds: 1 } });
    const domain = `localhost:${server.port}`;
    await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toThrow("its certificate is self-signed");
    expect(server.requests()).toBe(0);
  });

  test.for([
    { name: "localhost", text: "answers 404" },
    { name: "registry.example", text: "its certificate is for another host" },
  ])("that is trusted for localhost is asked as $name: $text", async ({ name, text }) => {
    await using server = await startTlsServer();
    const dispatcher = new Agent({ connect: { ...everywhereHere.connect, ca: server.certificate } });
    await using registry = openHttpRegistry({ dispatcher });
    await expect(registry.resolve({ domain: `${name}:${server.port}`, path, tag: "v1" })).rejects.toThrow(text);
    await dispatcher.destroy();
  });
});

async function failure(fault: Fault, options: HttpRegistryOptions = {}, signal?: AbortSignal) {
  await using fake = await startRegistry();
  putImage(fake);
  fake.wrap(fault);
  await using registry = openHttpRegistry({ plainHttp: () => true, retries: { rounds: 1 }, ...options });
  const outcome = registry.resolve({ domain: fake.host, path, tag: "v1" }, { signal });
  const error: unknown = await outcome.catch((caught: unknown) => caught);
  return { error, host: fake.host, requests: fake.requests.length };
}

type Found = (error: Error | null, addresses: { readonly address: string; readonly family: number }[]) => void;

function lookupHere(_name: string, _options: unknown, found: Found): void {
  found(null, [{ address: "127.0.0.1", family: 4 }]);
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
}

/** An https server for `localhost` that knows nothing, with a certificate made on the spot. */
async function startTlsServer() {
  const directory = mkdtempSync(join(tmpdir(), "stowage-tls-"));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const certificate = readFileSync(cert);
  let count = 0;
  const server = createTlsServer({ key: readFileSync(key), cert: certificate }, (_request, response) => {
    count += 1;
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  rmSync(directory, { recursive: true });
  return {
    port: portOf(server.address()),
    certificate,
    requests: () => count,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
