import { execFile } from "node:child_process";
import { chmod, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Hosts, RegistryHost, Repository } from "@stowage/registry";
import { type Certificates, makeCertificates } from "@stowage/registry-fake";
import { maxFileBytes } from "@stowage/text-files";
import { beforeAll, expect, test } from "vitest";
import { openHosts } from "./index.ts";
import { put, tree } from "./tree.test.fixture.ts";

const app: Repository = { domain: "registry.example:5000", path: "team/app" };
const mirror = (name: string) => `fallback = "never"\n[host."https://${name}"]\n`;

let pem: Certificates;
let others: Certificates;
beforeAll(async () => {
  [pem, others] = await Promise.all([makeCertificates(), makeCertificates()]);
});

test.for([
  { what: "the form with underscores", files: { "registry.example_5000_/hosts.toml": mirror("one") }, asks: ["one"] },
  { what: "the form with a colon", files: { "registry.example:5000/hosts.toml": mirror("one") }, asks: ["one"] },
  { what: "the default", files: { "_default/hosts.toml": mirror("one") }, asks: ["one"] },
  {
    what: "underscores before the colon before the default",
    files: {
      "registry.example_5000_/hosts.toml": mirror("one"),
      "registry.example:5000/hosts.toml": mirror("two"),
      "_default/hosts.toml": mirror("three"),
    },
    asks: ["one"],
  },
  {
    what: "never the bare host",
    files: { "registry.example/hosts.toml": mirror("one") },
    asks: ["registry.example:5000"],
  },
  { what: "nothing", files: {}, asks: ["registry.example:5000"] },
])("CFG-02: takes $what", async ({ files, asks }) => {
  expect(await asked(openHosts({ roots: [await tree(files)] }))).toEqual(asks);
});

test("CFG-02: the first root that knows the domain decides, also of several in one text", async () => {
  const first = await tree({ "other.example/hosts.toml": mirror("none") });
  const second = await tree({ "_default/hosts.toml": mirror("two") });
  const third = await tree({ "registry.example:5000/hosts.toml": mirror("three") });
  expect(await asked(openHosts({ roots: [`${first}:${second}`, third] }))).toEqual(["two"]);
  expect(await asked(openHosts({ roots: [`${first}:${third}`, second] }))).toEqual(["three"]);
  expect(await asked(openHosts({ roots: ["/nowhere:", ":"] }))).toEqual(["registry.example:5000"]);
});

test("a domain in capitals is no way around a file", async () => {
  const hosts = openHosts({ roots: [await tree({ "docker.io/hosts.toml": mirror("one") })] });
  expect(await asked(hosts, { domain: "Docker.IO", path: "library/alpine" })).toEqual(["one"]);
});

test("a domain is no way out of a root", async () => {
  const root = await tree({ "hosts.toml": mirror("one") });
  for (const domain of ["..", ".", "", "../x", "a/b"]) {
    await expect(openHosts({ roots: [join(root, "sub")] }).plan({ domain, path: "app" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  }
});

test("CFG-01: authorities and identities are read from beside the file, each form of them", async () => {
  const root = await tree({
    "ca.pem": pem.ca,
    "registry.example:5000/own.pem": others.ca,
    "registry.example:5000/client.cert": pem.client.cert,
    "registry.example:5000/client.key": pem.client.key,
    "registry.example:5000/both.pem": `${others.client.key}${others.client.cert}`,
    "registry.example:5000/hosts.toml": `
ca = "own.pem"
[host."https://pairs"]
ca = ["own.pem", "../ca.pem"]
client = [["client.cert", "client.key"], ["both.pem", ""]]
[host."https://list"]
client = ["both.pem"]
[host."https://text"]
client = "both.pem"
skip_verify = true
`,
  });
  const [pairs, list, text, server] = await openHosts({ roots: [root] }).plan(app);
  expect(pairs?.trust?.authorities.map(trimmed)).toEqual([others.ca, pem.ca].map(trimmed));
  expect(identities(pairs)).toEqual([pem.client, others.client].map(trimmedIdentity));
  expect(identities(list)).toEqual([trimmedIdentity(others.client)]);
  expect(identities(text)).toEqual([trimmedIdentity(others.client)]);
  expect([list, text].map((host) => host?.trust?.anyCertificate)).toEqual([false, true]);
  expect(server?.trust).toEqual({ authorities: [others.ca], identities: [], anyCertificate: false });
  expect(JSON.stringify([pairs, list, text])).not.toContain("PRIVATE KEY");
});

test("CFG-08: docker's files are authorities and identities of the origin", async () => {
  const root = await tree({
    "registry.example:5000/b.crt": others.ca,
    "registry.example:5000/a.crt": pem.ca,
    "registry.example:5000/me.cert": pem.client.cert,
    "registry.example:5000/me.key": pem.client.key,
    "registry.example:5000/README": "not read",
  });
  const [host, ...rest] = await openHosts({ roots: [root] }).plan(app);
  expect(rest).toEqual([]);
  expect(host).toMatchObject({ role: "origin", path: "team/app" });
  expect(host?.trust?.authorities).toEqual([pem.ca, others.ca]);
  expect(identities(host)).toEqual([trimmedIdentity(pem.client)]);
});

test.for([
  { domain: "docker.io", directory: "docker.io" },
  { domain: "registry.example:443", directory: "registry.example:443" },
  { domain: "Registry.example:443", directory: "registry.example_443_" },
])("CFG-08: the certificates of $domain are in $directory", async ({ domain, directory }) => {
  const root = await tree({ [`${directory}/ca.crt`]: pem.ca });
  const [host] = await openHosts({ roots: [root] }).plan({ domain, path: "team/app" });
  expect(host?.trust?.authorities).toEqual([pem.ca]);
});

test.for([
  { what: "a lone certificate", files: { "me.cert": "x" }, says: 'me.cert": there is no "me.key" beside it' },
  { what: "a lone key", files: { "me.key": "hunter2" }, says: 'me.key": there is no "me.cert" beside it' },
  { what: "an authority that is no PEM", files: { "a.crt": "hunter2" }, says: 'a.crt": it has no PEM of certificates' },
  {
    what: "an authority that is cut off",
    files: { "a.crt": "-----BEGIN CERTIFICATE-----\nhunter2" },
    says: 'a.crt": it has no PEM of certificates',
  },
  {
    what: "an authority that is garbage",
    files: { "a.crt": "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n" },
    says: 'a.crt": it has no PEM of certificates',
  },
  { what: "a missing authority", files: { "hosts.toml": 'ca = "gone.pem"' }, says: 'gone.pem": it is not there' },
  { what: "a directory in place of a file", files: { "hosts.toml/": "" }, says: 'hosts.toml": it is not a file' },
  { what: "a key nobody knows", files: { "hosts.toml": "\nsrver = 1" }, says: 'hosts.toml": line 2: there is no key' },
  {
    what: "a file without end",
    files: { "hosts.toml": " ".repeat(maxFileBytes + 1) },
    says: 'hosts.toml": it has more',
  },
])("CFG-03, CFG-08: tells $what by its name, each time", async ({ files, says }) => {
  const root = await tree();
  for (const [name, text] of Object.entries(files)) await put(join(root, "registry.example:5000", name), text);
  const hosts = openHosts({ roots: [root] });
  for (const _time of [1, 2]) {
    await expect(hosts.plan(app)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(says),
    });
    await expect(hosts.plan(app)).rejects.not.toThrow("hunter2");
  }
});

test("tells bytes that are no text, keys that are none, and keys of another certificate", async () => {
  const root = await tree({ "a.example/me.cert": pem.client.cert, "a.example/me.key": others.client.key });
  const hosts = openHosts({ roots: [root] });
  const plan = () => hosts.plan({ domain: "a.example", path: "app" });
  await expect(plan()).rejects.toThrow('me.key": its key is not that of the certificate in "');
  await put(join(root, "a.example/me.key"), "hunter2");
  await expect(plan()).rejects.toThrow('me.key": it has no PEM of a private key');
  await expect(plan()).rejects.not.toThrow("hunter2");
  await writeFile(join(root, "a.example/hosts.toml"), new Uint8Array([0xff]));
  await expect(plan()).rejects.toThrow('hosts.toml": it is not UTF-8');
});

test("CFG-08: tells a file that may not be read, asked as an ordinary user", async () => {
  const root = await tree({ "registry.example:5000/a.crt": pem.ca });
  await chmod(root, 0o755);
  await chmod(join(root, "registry.example:5000/a.crt"), 0);
  const script = `
    import { openHosts } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
    await openHosts({ roots: [${JSON.stringify(root)}] }).plan(${JSON.stringify(app)}).catch((error) => console.log(error.message));
  `;
  const args = ["--conditions=@stowage/source", "--input-type=module", "-e", script];
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout } = await promisify(execFile)(process.execPath, args, nobody);
  expect(stdout).toContain('a.crt": ');
});

test("tells a file in place of a domain's directory", async () => {
  const hosts = openHosts({ roots: [await tree({ "registry.example:5000": "x" })] });
  await expect(hosts.plan(app)).rejects.toThrow('registry.example:5000": it is not a directory');
});

test("CFG-09: what changes is in force with the next plan, and what does not keeps its trust", async () => {
  const root = await tree({ "registry.example:5000/ca.crt": pem.ca, "b.example/ca.crt": pem.ca });
  const hosts = openHosts({ roots: [root] });
  const trustOf = async (domain: string) => (await hosts.plan({ domain, path: "app" }))[0]?.trust;
  const first = await trustOf(app.domain);
  const other = await trustOf("b.example");
  expect(await trustOf(app.domain)).toBe(first);
  await put(join(root, "registry.example:5000/ca.crt"), others.ca);
  expect((await trustOf(app.domain))?.authorities).toEqual([others.ca]);
  expect(await trustOf("b.example")).toBe(other);
  await put(join(root, "registry.example:5000/hosts.toml"), mirror("one"));
  expect(await asked(hosts)).toEqual(["one"]);
  await rm(join(root, "registry.example:5000"), { recursive: true });
  expect(await asked(hosts)).toEqual(["registry.example:5000"]);
});

test("gives who takes a recent plan the one of a moment ago, and everybody else the one of now", async () => {
  const root = await tree({});
  const hosts = openHosts({ roots: [root] });
  const hostOf = async (recent: boolean) => (await hosts.plan(app, { recent }))[0]?.url.host;
  expect(await hostOf(true)).toBe(app.domain);
  await put(join(root, "registry.example:5000/hosts.toml"), mirror("one"));
  expect(await hostOf(true)).toBe(app.domain);
  expect(await hostOf(false)).toBe("one");
  expect(await hostOf(true)).toBe("one");
});

test("sees a change that leaves length and time of the file as they were", async () => {
  const path = join(await tree({ "_default/hosts.toml": mirror("one") }), "_default/hosts.toml");
  const hosts = openHosts({ roots: [join(path, "../..")] });
  const long = new Date("2020-01-01");
  await utimes(path, long, long);
  expect(await asked(hosts)).toEqual(["one"]);
  await writeFile(path, mirror("two"));
  await utimes(path, long, long);
  expect(await asked(hosts)).toEqual(["two"]);
});

test("a file that is half written errs, and is mended by its other half", async () => {
  const root = await tree({ "_default/hosts.toml": mirror("one") });
  const path = join(root, "_default/hosts.toml");
  const hosts = openHosts({ roots: [root] });
  expect(await asked(hosts)).toEqual(["one"]);
  await truncate(path, mirror("one").length - 4);
  await expect(hosts.plan(app)).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(hosts.plan(app)).rejects.toMatchObject({ code: "invalid-argument" });
  await writeFile(path, mirror("one"));
  expect(await asked(hosts)).toEqual(["one"]);
});

test("P35: links that are swapped, as Kubernetes swaps a ConfigMap's, change file and authority at once", async () => {
  const root = await tree({
    "_default/..v1/hosts.toml": `${mirror("one")}ca = "ca.pem"\n`,
    "_default/..v1/ca.pem": pem.ca,
    "_default/..v2/hosts.toml": `${mirror("two")}ca = "ca.pem"\n`,
    "_default/..v2/ca.pem": others.ca,
  });
  const at = (name: string) => join(root, "_default", name);
  await symlink("..v1", at("..data"));
  await symlink("..data/hosts.toml", at("hosts.toml"));
  await symlink("..data/ca.pem", at("ca.pem"));
  const hosts = openHosts({ roots: [root] });
  expect((await hosts.plan(app)).map(({ url, trust }) => [url.host, trust?.authorities])).toEqual([["one", [pem.ca]]]);
  await symlink("..v2", at("..data_tmp"));
  await rename(at("..data_tmp"), at("..data"));
  expect((await hosts.plan(app)).map(({ url, trust }) => [url.host, trust?.authorities])).toEqual([
    ["two", [others.ca]],
  ]);
});

const registry = (location: string) => `[[registry]]\nprefix = "${app.domain}"\nlocation = "${location}"\n`;

test("CFG-18: drop-ins come after the file, by directory and then by name, and other files are not read", async () => {
  const root = await tree({
    "registries.conf": registry("main"),
    "a.d/10.conf": registry("ten"),
    "a.d/9.conf": registry("nine"),
    "a.d/nested.conf/99.conf": registry("nested"),
    "a.d/99.conf.bak": "no TOML",
    "b.d/1.conf": registry("one"),
  });
  const file = join(root, "registries.conf");
  const open = (dropIns: readonly string[]) =>
    openHosts({ roots: [], registriesConf: { file, dropIns: dropIns.map((name) => join(root, name)) } });
  expect(await asked(open(["gone.d"]))).toEqual(["main"]);
  expect(await asked(open(["a.d"]))).toEqual(["nine"]);
  expect(await asked(open(["a.d", "b.d"]))).toEqual(["one"]);
  expect(await asked(open(["b.d", "a.d"]))).toEqual(["nine"]);
  const changing = open(["a.d"]);
  await rm(join(root, "a.d/9.conf"));
  expect(await asked(changing)).toEqual(["ten"]);
  await put(join(root, "a.d/11.conf"), "[registries.search]\nregistries = []\n");
  await expect(changing.plan(app)).rejects.toThrow(
    '11.conf": line 1: "registries" is not what was expected: version 1',
  );
});

test("CFG-07: hosts.toml goes before registries.conf, and registries.conf before a directory of certificates", async () => {
  const root = await tree({ "c.d/registry.example:5000/ca.crt": pem.ca, "registries.conf": registry("main.example") });
  const hosts = openHosts({
    roots: [join(root, "c.d")],
    registriesConf: { file: join(root, "registries.conf"), dropIns: [] },
  });
  expect(await asked(hosts)).toEqual(["main.example"]);
  expect((await hosts.plan(app))[0]?.trust).toBeUndefined();
  await put(join(root, "c.d/main.example/ca.crt"), others.ca);
  expect((await hosts.plan(app))[0]?.trust?.authorities).toEqual([others.ca]);
  await put(join(root, "c.d/registry.example:5000/hosts.toml"), mirror("one"));
  expect(await asked(hosts)).toEqual(["one"]);
});

test.for([
  { what: "certificates in a directory do", files: { "c.d/registry.example:5000/ca.crt": "any" } },
  { what: "a hosts.toml does", files: { "c.d/registry.example:5000/hosts.toml": mirror("one") } },
  { what: "a hosts.toml for all domains does", files: { "c.d/_default/hosts.toml": mirror("one") } },
])("REG-33: $what not lift a block", async ({ files }) => {
  const blocks = `[[registry]]\nlocation = "${app.domain}"\nblocked = true\n`;
  const root = await tree({ ...files, "registries.conf": blocks });
  const file = join(root, "registries.conf");
  const hosts = openHosts({ roots: [join(root, "c.d")], registriesConf: { file, dropIns: [] } });
  await expect(hosts.plan(app)).rejects.toMatchObject({
    code: "permission-denied",
    message: expect.stringContaining(`"${file}"`),
  });
});

test("insecure stays with authorities, and its trust is the same each time", async () => {
  const root = await tree({
    "c.d/registry.example:5000/ca.crt": pem.ca,
    "registries.conf": `[[registry]]\nlocation = "${app.domain}"\ninsecure = true\n`,
  });
  const hosts = openHosts({
    roots: [join(root, "c.d")],
    registriesConf: { file: join(root, "registries.conf"), dropIns: [] },
  });
  const [host] = await hosts.plan(app);
  expect(host).toMatchObject({ orPlainHttp: true, trust: { authorities: [pem.ca], anyCertificate: true } });
  expect((await hosts.plan(app))[0]?.trust).toBe(host?.trust);
});

test("P32: says what decided about a repository", async () => {
  const conf = '[[registry]]\nprefix = "quay.example/team"\nlocation = "mirror.example/team"\n';
  const root = await tree({ "registry.example:5000/hosts.toml": mirror("one"), "registries.conf": conf });
  const file = join(root, "registries.conf");
  const hosts = openHosts({ roots: [root], registriesConf: { file, dropIns: [] } });
  const reason = async (domain: string) => (await hosts.explain({ domain, path: "team/app" })).because;
  expect(await reason("registry.example:5000")).toEqual({
    kind: "hosts-file",
    file: join(root, "registry.example:5000/hosts.toml"),
  });
  expect(await reason("quay.example")).toEqual({ kind: "registries-conf", file, prefix: "quay.example/team" });
  expect(await reason("other.example")).toEqual({ kind: "domain" });
});

test("stops with the reason of the signal", async () => {
  const reason = new Error("enough");
  await expect(openHosts({ roots: [] }).plan(app, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

async function asked(hosts: Hosts, repository: Repository = app): Promise<readonly string[]> {
  return (await hosts.plan(repository)).map(({ url }) => url.host);
}

function identities(host: RegistryHost | undefined): unknown {
  return host?.trust?.identities.map(({ certificate, key }) =>
    trimmedIdentity({ cert: certificate, key: key.reveal() }),
  );
}

/** Of a file with both, the key is all of the file. */
function trimmedIdentity({ cert, key }: { readonly cert: string; readonly key: string }): unknown {
  return { cert: trimmed(cert), key: /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----/.exec(key)?.[0] };
}

function trimmed(text: string): string {
  return text.trim();
}
