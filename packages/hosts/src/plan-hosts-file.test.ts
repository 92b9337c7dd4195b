import { expect, test } from "vitest";
import {
  type AskedRepository,
  decodeHostsFile,
  dirNamesFor,
  type PlannedHost,
  planHostsFile,
  planOrigin,
} from "./index.ts";

const app: AskedRepository = { domain: "registry.example", path: "team/app" };

test.for([
  { what: "no server means the domain itself", text: "", means: ["origin https://registry.example/v2"] },
  {
    what: "hosts come in their order and the server last",
    text: 'server = "https://up.example"\n[host."https://b.example"]\n[host."http://a.example:81"]',
    means: [
      "mirror https://b.example/v2 ns=registry.example",
      "mirror http://a.example:81/v2 ns=registry.example",
      "origin https://up.example/v2",
    ],
  },
  {
    what: "REG-11: with fallback never the server is not asked",
    text: 'fallback = "never"\n[host."https://b.example"]',
    means: ["mirror https://b.example/v2 ns=registry.example"],
  },
  {
    what: "REG-10: the origin is no mirror of itself, also where a host says so",
    text: '[host."https://registry.example"]\n[host."https://registry.example:5000"]',
    means: [
      "origin https://registry.example/v2",
      "mirror https://registry.example:5000/v2 ns=registry.example",
      "origin https://registry.example/v2",
    ],
  },
  {
    what: "/v2 goes after the path, once, and nowhere with override_path",
    text: 'fallback = "never"\n[host."b.example/p/"]\n[host."c.example/v2"]\n[host."d.example/p/"]\noverride_path = true',
    means: [
      "mirror https://b.example/p/v2 ns=registry.example",
      "mirror https://c.example/v2 ns=registry.example",
      "mirror https://d.example/p ns=registry.example",
    ],
  },
  {
    what: "this machine without a scheme speaks http too, with one as it says",
    text: 'fallback = "never"\n[host."localhost:5000"]\n[host."https://localhost:5001"]',
    means: [
      "mirror https://localhost:5000/v2 ns=registry.example or http",
      "mirror https://localhost:5001/v2 ns=registry.example",
    ],
  },
])("$what", ({ text, means }) => {
  expect(planHostsFile(decodeHostsFile(text, "hosts.toml"), app, { isDefault: false }).map(told)).toEqual(means);
});

test("a server for all domains alike is a mirror of each", () => {
  const file = decodeHostsFile('server = "https://all.example"', "hosts.toml");
  expect(planHostsFile(file, app, { isDefault: true }).map(told)).toEqual([
    "mirror https://all.example/v2 ns=registry.example",
  ]);
  expect(planHostsFile(decodeHostsFile("", "hosts.toml"), app, { isDefault: true }).map(told)).toEqual([
    "origin https://registry.example/v2",
  ]);
});

test("Docker Hub is at registry-1, by either name", () => {
  const hub = { domain: "docker.io", path: "library/alpine" };
  const file = decodeHostsFile('server = "https://docker.io"\n[host."https://registry-1.docker.io"]', "hosts.toml");
  expect(planHostsFile(file, hub, { isDefault: false }).map(told)).toEqual([
    "origin https://registry-1.docker.io/v2",
    "origin https://registry-1.docker.io/v2",
  ]);
});

test("CFG-01: what is said of a host goes to that host only", () => {
  const text = `
ca = "root.pem"
[host."https://a.example"]
client = "a.pem"
skip_verify = true
dial_timeout = "2s"
capabilities = ["pull"]
[host."https://a.example".header]
x = "1"
`;
  const [mirror, server] = planHostsFile(decodeHostsFile(text, "hosts.toml"), app, { isDefault: false });
  expect(mirror).toMatchObject({
    trustFiles: { authorities: [], identities: [{ certificate: "a.pem" }], anyCertificate: true },
    connectMilliseconds: 2000,
    capabilities: new Set(["pull"]),
  });
  expect(mirror?.headers?.["x"]?.map((value) => value.reveal())).toEqual(["1"]);
  expect(server).toMatchObject({
    trustFiles: { authorities: ["root.pem"], identities: [], anyCertificate: false },
    headers: undefined,
    connectMilliseconds: undefined,
  });
});

test.for([
  { domain: "registry.example", means: "origin https://registry.example/v2" },
  { domain: "Registry.Example:5000", means: "origin https://registry.example:5000/v2" },
  { domain: "docker.io", means: "origin https://registry-1.docker.io/v2" },
  { domain: "localhost:5000", means: "origin https://localhost:5000/v2 or http" },
  { domain: "127.0.0.2", means: "origin https://127.0.0.2/v2 or http" },
  { domain: "[::1]:5000", means: "origin https://[::1]:5000/v2 or http" },
])("the origin of $domain is $means", ({ domain, means }) => {
  expect(told(planOrigin({ domain, path: "app" }))).toBe(means);
});

test.for(["0x7f.1", "2130706433", "..", "a/b", "a@b", "", "a:b", "a?b", "a%2eb", "127.1", "docker.io.", "a:99999"])(
  "the domain %j is no host",
  (domain) => {
    expect(() => planOrigin({ domain, path: "app" })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining("is not the name of a host"),
      }),
    );
  },
);

test.for([
  { domain: "registry.example", names: ["registry.example", "_default"] },
  { domain: "registry.example:5000", names: ["registry.example_5000_", "registry.example:5000", "_default"] },
  { domain: "Docker.io", names: ["docker.io", "_default"] },
  { domain: "[::1]:5000", names: ["[::1]_5000_", "[::1]:5000", "_default"] },
])("CFG-02: the directories for $domain are $names", ({ domain, names }) => {
  expect(dirNamesFor(domain)).toEqual(names);
});

function told({ url, path, role, namespace, orPlainHttp }: PlannedHost): string {
  expect(path === app.path || role === "origin").toBe(true);
  return `${role} ${url.href}${namespace === undefined ? "" : ` ns=${namespace}`}${orPlainHttp === true ? " or http" : ""}`;
}
