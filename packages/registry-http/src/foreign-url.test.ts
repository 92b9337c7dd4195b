import { type Credential, Secret } from "@stowage/auth";
import { digestOf } from "@stowage/oci";
import {
  badBody,
  cutAfter,
  dropConnection,
  type FakeRegistry,
  type Fault,
  redirectTo,
  startRegistry,
  status,
  times,
} from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { formsOf, makeCanary, showsOf } from "./canary.test.fixture.ts";
import { layer, layerBytes, path, putImage } from "./image.test.fixture.ts";
import { openAmong } from "./named-hosts.test.fixture.ts";
import { hasty, planOf } from "./planned-hosts.test.fixture.ts";

const password = makeCanary("own");
const credential: Credential = { kind: "basic", username: "me", password: new Secret(password) };
const headers = { "x-key": [new Secret("canary-header")] };
const target = `/v2/${path}/blobs/${layer.digest}`;

/** A registry without the layer, that knows whom it asks, and one that is no registry of ours and has it. */
async function start() {
  const stack = new AsyncDisposableStack();
  const users = { me: password };
  const fake = stack.use(await startRegistry({ authentication: { kind: "basic", users } }));
  const foreign = stack.use(await startRegistry());
  putImage(foreign);
  const other = stack.use(await startRegistry());
  const among = { "https://r.example": fake, "https://foreign.example": foreign, "https://other.example": other };
  const registry = stack.use(
    openAmong(
      { ...among, "http://foreign.example": other },
      { ...hasty, hosts: planOf({ origin: "https://r.example", headers }) },
    ),
  );
  const read = async (foreignUrls?: readonly string[]) => {
    const blocks = registry.blob({ domain: "r.example", path }, layer, { credential, foreignUrls });
    return digestOf(Buffer.concat(await Array.fromAsync(blocks)));
  };
  return { stack, fake, foreign, other, read };
}

const shown = (...fakes: readonly FakeRegistry[]) =>
  showsOf([...formsOf(password, "me"), "canary-header", "authorization"], ...fakes.map(({ requests }) => requests));

describe("CVE-2020-15157: the urls of a layer", () => {
  test("are not asked unless that is allowed", async () => {
    const { stack, foreign, read } = await start();
    await using _ = stack;
    await expect(read()).rejects.toMatchObject({ code: "not-found" });
    expect(foreign.requests).toEqual([]);
  });

  test("are not asked where the registry has the layer", async () => {
    const { stack, fake, foreign, read } = await start();
    await using _ = stack;
    putImage(fake);
    expect(await read([`https://foreign.example${target}`])).toBe(layer.digest);
    expect(foreign.requests).toEqual([]);
  });

  test.for<{ what: string; fault: Fault | undefined }>([
    { what: "has it", fault: undefined },
    { what: "is cut off", fault: times(2, cutAfter(1000)) },
  ])("are asked where that is allowed, without a secret, and it comes where the first $what", async ({ fault }) => {
    const { stack, fake, foreign, read } = await start();
    await using _ = stack;
    if (fault !== undefined) foreign.wrap(fault);
    expect(await read([`https://foreign.example${target}`])).toBe(layer.digest);
    expect(shown(foreign)).toEqual([]);
    expect(shown(fake)).not.toEqual([]);
  });

  test.for<{ what: string; fault: Fault }>([
    {
      what: "asks for a password as a registry does",
      fault: status(401, "", {
        "www-authenticate": 'Basic realm="r.example"',
        "docker-distribution-api-version": "registry/2.0",
      }),
    },
    {
      what: "names the registry's token server",
      fault: status(401, "", { "www-authenticate": 'Bearer realm="https://r.example/token"' }),
    },
    { what: "has nothing", fault: status(404) },
    { what: "hangs up", fault: dropConnection() },
    { what: "leads inward", fault: redirectTo("https://169.254.169.254") },
    { what: "leads to plain http", fault: redirectTo("http://foreign.example") },
  ])("get no secret where one $what, and the next one is asked", async ({ fault }) => {
    const { stack, foreign, other, read } = await start();
    await using _ = stack;
    putImage(other);
    foreign.wrap(fault);
    expect(await read([`https://foreign.example${target}`, `https://other.example${target}`])).toBe(layer.digest);
    expect(shown(foreign, other)).toEqual([]);
  });

  test.for([
    `http://foreign.example${target}`,
    "https://169.254.169.254/latest/meta-data",
    "https://127.0.0.1:6443/",
    "https://localhost/",
    "https://[::ffff:169.254.169.254]/",
    "file:///etc/passwd",
    "no url",
    "",
  ])("are passed over where they lead where nobody should be led: %s", async (url) => {
    const { stack, foreign, other, read } = await start();
    await using _ = stack;
    await expect(read([url])).rejects.toMatchObject({ code: "not-found" });
    expect([...foreign.requests, ...other.requests]).toEqual([]);
  });

  test("are not believed: other bytes are refused", async () => {
    const { stack, foreign, read } = await start();
    await using _ = stack;
    foreign.wrap(badBody(layerBytes.byteLength >> 4));
    await expect(read([`https://foreign.example${target}`])).rejects.toMatchObject({ code: "failed-precondition" });
  });
});
