import { inspect } from "node:util";
import { StowageError } from "@stowage/errors";
import { array, assert, constantFrom, ipV4, property, string, webUrl } from "fast-check";
import { expect, test } from "vitest";
import { parseProxySettings, proxyFor } from "./index.ts";

const proxies = { httpProxy: "http://plain.example:3128", httpsProxy: "me:hunter2@secure.example:3128" };

test("REG-29: the scheme of an address chooses its proxy", () => {
  const settings = parseProxySettings(proxies);
  expect(proxyFor(settings, new URL("http://a.example/v2"))?.href).toBe("http://plain.example:3128/");
  expect(proxyFor(settings, new URL("https://a.example/v2"))?.href).toBe("http://me:hunter2@secure.example:3128/");
  expect(proxyFor(parseProxySettings({ httpProxy: "", noProxy: "" }), new URL("http://a.example"))).toBeUndefined();
});

test.for([
  { noProxy: "example.com", url: "https://example.com", direct: true },
  { noProxy: "example.com", url: "https://EXAMPLE.com.", direct: true },
  { noProxy: "Example.com", url: "https://a.b.example.com", direct: true },
  { noProxy: "example.com", url: "https://notexample.com", direct: false },
  { noProxy: ".example.com", url: "https://a.example.com", direct: true },
  { noProxy: ".example.com", url: "https://example.com", direct: false },
  { noProxy: "*.example.com", url: "https://a.example.com", direct: true },
  { noProxy: "*.example.com", url: "https://example.com", direct: false },
  { noProxy: "*", url: "https://example.com", direct: true },
  { noProxy: "a.test, b.test c.test", url: "https://c.test", direct: true },
  { noProxy: "example.com:5000", url: "https://example.com:5000", direct: true },
  { noProxy: "example.com:5000", url: "https://example.com", direct: false },
  { noProxy: "example.com:443", url: "https://example.com", direct: true },
  { noProxy: "10.1.2.3", url: "https://10.1.2.3:5000", direct: true },
  { noProxy: "10.1.2.3:80", url: "https://10.1.2.3", direct: false },
  { noProxy: "10.0.0.0/8", url: "https://10.200.0.1", direct: true },
  { noProxy: "10.0.0.0/8", url: "https://11.0.0.1", direct: false },
  { noProxy: "fd00::/8", url: "https://[fd12::1]:5000", direct: true },
  { noProxy: "fd00::/8", url: "https://[fe80::1]", direct: false },
  { noProxy: "[fd00::1]:5000", url: "https://[fd00::1]:5000", direct: true },
  { noProxy: "fd00::1", url: "https://[fd00::1]", direct: true },
  { noProxy: "", url: "https://localhost:5000", direct: true },
  { noProxy: "", url: "https://127.9.9.9", direct: true },
  { noProxy: "", url: "https://[::1]", direct: true },
])("REG-29: with NO_PROXY $noProxy, $url is direct: $direct", ({ noProxy, url, direct }) => {
  expect(proxyFor(parseProxySettings({ ...proxies, noProxy }), new URL(url)) === undefined).toBe(direct);
});

test.for([
  { url: "https://a.example:5000", by: "http://own.example:1/" },
  { url: "https://a.example", by: "http://any.example:1/" },
  { url: "https://registry-1.docker.io", by: undefined },
  { url: "https://localhost", by: "https://own.example/" },
  { url: "https://b.example", by: "http://me:hunter2@secure.example:3128/" },
])("P36: what is said of a host goes before the environment: $url", ({ url, by }) => {
  const hosts = {
    "a.example:5000": "own.example:1",
    "A.example": "any.example:1",
    "docker.io": "direct",
    localhost: "https://own.example",
  };
  expect(proxyFor(parseProxySettings({ ...proxies, noProxy: "a.example", hosts }), new URL(url))?.href).toBe(by);
});

test.for([
  { httpProxy: "socks5://me:hunter2@a.example" },
  { httpsProxy: "http://me:hunter2@" },
  { httpsProxy: "http://me:hunter2@a.example/path" },
  { httpsProxy: "http://me:hunter2%zz@a.example" },
  { hosts: { "a.example": "ftp://me:hunter2@b.example" } },
  { hosts: { "a.example": "" } },
  { hosts: { "https://a.example": "direct" } },
  { noProxy: "10.0.0.0/33" },
  { noProxy: "a.example/8" },
])("refuses %j, without user and password", (texts) => {
  expect(() => parseProxySettings(texts)).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.not.stringMatching(/hunter2|me:/) }),
  );
});

test("settings do not show passwords", () => {
  const settings = parseProxySettings({ ...proxies, hosts: { "a.example": "http://me:hunter2@b.example" } });
  expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toContain("hunter2");
});

test("any texts give settings or a StowageError, and settings an answer", () => {
  const entry = constantFrom("*", ".", ":", "/", "[", "]", "::1", "1.2.3.4", "/8", ",", " ", "a.b");
  const list = array(entry).map((parts) => parts.join(""));
  assert(
    property(string(), list, webUrl(), (proxy, noProxy, url) => {
      try {
        proxyFor(parseProxySettings({ httpProxy: proxy, httpsProxy: proxy, noProxy }), new URL(url));
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});

test("a network of all bits is for its address alone", () => {
  assert(
    property(ipV4(), ipV4(), (one, other) => {
      const settings = parseProxySettings({ ...proxies, noProxy: `${one}/32` });
      expect(proxyFor(settings, new URL(`https://${one}`))).toBeUndefined();
      const direct = proxyFor(settings, new URL(`https://${other}`)) === undefined;
      expect(direct).toBe(one === other || other.startsWith("127."));
    }),
  );
});
