import { StowageError } from "@stowage/errors";
import { array, assert, boolean, constantFrom, property, record, string, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { decodeHostsFile } from "./index.ts";

test("reads every key, at the root for the server and in the tables of hosts", () => {
  const text = `
server = "https://registry.example"
fallback = "never"
capabilities = ["push"]
[header]
X-Root = "a"
[host."https://b.example:5000/team"]
capabilities = ["pull", "resolve"]
ca = ["/etc/ca.pem", "other.pem"]
client = [["c.cert", "c.key"], "both.pem", ["d.pem", ""]]
skip_verify = true
override_path = true
dial_timeout = "1m30s"
[host."https://b.example:5000/team".header]
x-one = "secret"
x-two = ["1", "2"]
[host."a.example"]
ca = "one.pem"
client = "one.pem"
`;
  const file = decodeHostsFile(text, "hosts.toml");
  expect(file.server?.url.href).toBe("https://registry.example/");
  expect(file.fallback).toBe("never");
  expect(file.serverSettings.capabilities).toEqual(new Set(["push"]));
  expect(file.serverSettings.headers["X-Root"]?.map((value) => value.reveal())).toEqual(["a"]);
  expect(file.hosts.map(({ address }) => address.url.href)).toEqual([
    "https://b.example:5000/team",
    "https://a.example/",
  ]);
  const [first, second] = file.hosts;
  expect(first?.settings).toMatchObject({
    capabilities: new Set(["pull", "resolve"]),
    authorities: ["/etc/ca.pem", "other.pem"],
    identities: [{ certificate: "c.cert", key: "c.key" }, { certificate: "both.pem" }, { certificate: "d.pem" }],
    skipVerify: true,
    overridePath: true,
    dialMilliseconds: 90_000,
  });
  expect(first?.settings.headers["x-two"]?.map((value) => value.reveal())).toEqual(["1", "2"]);
  expect(JSON.stringify(file)).not.toContain('"secret"');
  expect(second?.settings).toMatchObject({ authorities: ["one.pem"], identities: [{ certificate: "one.pem" }] });
  expect(second?.settings.capabilities).toEqual(new Set(["pull", "resolve", "push", "referrers"]));
});

test.for([
  { text: 'servr = "https://a.example"', says: 'line 1: there is no key "servr"; perhaps "server"' },
  { text: '\nserver = "ftp://a.example"', says: 'line 2: "server" is not what was expected: an address' },
  { text: 'server = "https://0x7f.1"', says: 'line 1: "server" is not' },
  { text: 'server = "https://me:hunter2@a.example"', says: 'line 1: "server" is not' },
  { text: '[host."https://a.example?x=1"]', says: 'line 1: "host.https://a.example?x=1" is not' },
  { text: '[host."https://me:hunter2@a.example"]', says: 'line 1: "host.https://[secret]@a.example" is not' },
  { text: '[host."a.example"]\n\ncapabilities = ["pul"]', says: 'line 3: "host.a.example.capabilities.0" is not' },
  { text: '[host."a.example"]\ncapabilities = []', says: "at least one capability" },
  {
    text: '[host."a.example"]\nskip_verfy = true',
    says: 'line 2: there is no key "host.a.example.skip_verfy"; perhaps',
  },
  { text: '[host."a.example"]\nfallback = "never"', says: 'line 2: there is no key "host.a.example.fallback"' },
  { text: 'skip_verify = "yes"', says: 'line 1: "skip_verify" is not what was expected: true or false' },
  { text: "ca = 5", says: 'line 1: "ca" is not what was expected: the path of a file' },
  { text: 'client = [["a", "b", "c"]]', says: 'line 1: "client' },
  { text: 'dial_timeout = "10"', says: 'line 1: "dial_timeout" is not what was expected: a duration' },
  { text: 'dial_timeout = "-1s"', says: 'line 1: "dial_timeout"' },
  { text: '[header]\n"a b" = "hunter2"', says: 'line 2: "header.a b" is not what was expected: the name of a header' },
  { text: '[header]\na = "hunter2\\r\\nb: c"', says: 'line 2: "header.a" is not' },
  { text: 'fallback = "sometimes"', says: 'line 1: "fallback" is not what was expected: "on-error" or "never"' },
  { text: "[host.", says: "line 1, column " },
])("CFG-03: refuses $text", ({ text, says }) => {
  const refused = expect(() => decodeHostsFile(text, "/etc/certs.d/x/hosts.toml"));
  refused.toThrow(expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(says) }));
  refused.toThrow('Cannot read hosts file "/etc/certs.d/x/hosts.toml": line ');
  refused.toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
});

test.for([
  { text: "10s", means: 10_000 },
  { text: "1h1m1s1ms", means: 3_661_001 },
  { text: "1.5s", means: 1500 },
  { text: ".5s", means: 500 },
  { text: "1500us", means: 2 },
  { text: "0", means: undefined },
  { text: "0s", means: undefined },
])("a dial_timeout of $text is $means milliseconds", ({ text, means }) => {
  expect(decodeHostsFile(`dial_timeout = "${text}"`, "x").serverSettings.dialMilliseconds).toBe(means);
});

test("reads back the files it is given", () => {
  const hosts = uniqueArray(
    record({
      name: constantFrom("a.example", "b.example:5000", "[::1]:5000", "127.0.0.1", "c.d.example"),
      skip: boolean(),
      files: array(constantFrom("a.pem", "/etc/b.pem")),
    }),
    { selector: ({ name }) => name },
  );
  assert(
    property(hosts, (list) => {
      const text = list.map(
        ({ name, skip, files }) => `[host."https://${name}"]\nskip_verify = ${skip}\nca = ${JSON.stringify(files)}\n`,
      );
      const read = decodeHostsFile(text.join(""), "hosts.toml").hosts.map(({ address, settings }) => ({
        name: address.url.host,
        skip: settings.skipVerify,
        files: settings.authorities,
      }));
      expect(read).toEqual(list);
    }),
  );
});

test("CFG-03: any text gives a value or a StowageError", () => {
  const words = [
    "server",
    "host",
    "[",
    "]",
    '"https://a"',
    "=",
    "\n",
    ".",
    "ca",
    "client",
    "header",
    "1",
    "true",
    '"10s"',
  ];
  assert(
    property(array(constantFrom(...words), { maxLength: 20 }), string(), (parts, rest) => {
      try {
        decodeHostsFile(parts.join(" ") + rest, "hosts.toml");
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
