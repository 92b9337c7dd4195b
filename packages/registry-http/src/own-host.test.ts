import { Secret } from "@stowage/auth";
import { isOwnHost } from "@stowage/hosts";
import type { RegistryHost } from "@stowage/registry";
import { startRegistry } from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { openAmong } from "./named-hosts.test.fixture.ts";

test.for([
  { url: "https://r.example/v2", domain: "r.example", own: true },
  { url: "https://r.example/v2", domain: "r.example:443", own: true },
  { url: "http://r.example:5000/v2", domain: "r.example:5000", own: true },
  { url: "https://registry-1.docker.io/v2", domain: "docker.io", own: true },
  { url: "https://r.example:5000/v2", domain: "r.example", own: false },
  { url: "http://r.example/v2", domain: "r.example", own: true },
  { url: "https://other.example/v2", domain: "r.example", own: false },
  { url: "https://r.example.evil.test/v2", domain: "r.example", own: false },
])("$url is the own host of $domain: $own", ({ url, domain, own }) => {
  expect(isOwnHost({ url: new URL(url) }, { domain, path: "a" })).toBe(own);
});

const originAt = (url: string): RegistryHost => ({
  url: new URL(url),
  path: "team/app",
  role: "origin",
  capabilities: new Set(["pull", "resolve"]),
});

test("http for a domain is not spoken to another host that serves it", async () => {
  await using fake = await startRegistry({ authentication: { kind: "basic", users: { me: "canary" } } });
  await using registry = openAmong(
    { "https://elsewhere.example": fake },
    {
      hosts: { plan: async () => [originAt("https://elsewhere.example/v2")] },
      keychain: { find: async () => ({ kind: "basic", username: "me", password: new Secret("canary") }) },
      plainHttp: () => true,
    },
  );
  const reference = { domain: "r.example", path: "team/app", tag: "v1" };
  await expect(registry.resolve(reference, { plainHttp: true })).rejects.toMatchObject({ code: "not-found" });
  expect(fake.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
});

test("a domain with the port of https has its credential sent", async () => {
  await using fake = await startRegistry({ authentication: { kind: "basic", users: { me: "canary" } } });
  await using registry = openAmong({ "https://r.example": fake });
  const credential = { kind: "basic", username: "me", password: new Secret("canary") } as const;
  const reference = { domain: "r.example:443", path: "team/app", tag: "v1" };
  await expect(registry.resolve(reference, { credential })).rejects.toMatchObject({ code: "not-found" });
});
