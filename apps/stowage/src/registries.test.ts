import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { defaultSettings, type Settings } from "@stowage/config";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  type Fault,
  makeCertificates,
  stallAfter,
  startRegistry,
  when,
} from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { describe, expect, onTestFinished, test } from "vitest";
import { missingTools, startRealRegistry } from "./real-registry.test.fixture.ts";
import { runCommand, scratchDirectory, startCommand } from "./run-command.test.fixture.ts";

const mib = 1024 * 1024;

async function offer(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startRegistry(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("library/small", "1", smallImage());
  return registry;
}

/** The options that name a store under `directory`. */
const placeIn = (directory: string): readonly string[] => [
  "--root",
  join(directory, "store"),
  "--address",
  join(directory, "s.sock"),
];

/** A daemon that holds the store under `directory`. */
async function holdStore(directory: string, registry: Partial<Settings["registry"]> = {}): Promise<void> {
  const daemon = await startDaemon({
    ...defaultSettings,
    root: join(directory, "store"),
    address: join(directory, "s.sock"),
    registry: { ...defaultSettings.registry, ...registry },
  });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
}

/** Serves a blob up to `offset`; from there on nothing comes, and nothing ends. */
function stallingAt(offset: number): Fault {
  return async (request, next) => {
    const { from = "0", to = "Infinity" } =
      /^bytes=(?<from>\d+)-(?<to>\d+)$/.exec(request.headers.range ?? "")?.groups ?? {};
    return Number(to) < offset
      ? await next(request)
      : await stallAfter(Math.max(0, offset - Number(from)))(request, next);
  };
}

/** Bytes of an ingest that have arrived; none, where nothing has. */
async function arrived(ingests: string): Promise<number> {
  try {
    const names = await readdir(ingests);
    const [ingest = ""] = names.filter((name) => !name.includes("."));
    return (await stat(join(ingests, ingest))).size;
  } catch {
    return 0; // not yet
  }
}

test("a pull that is killed in the middle of a layer goes on where the file ends", async () => {
  const content = randomBytes(48 * mib);
  const files = [{ kind: "file" as const, name: "data", content }];
  const image = makeImage({
    platforms: [{ platform: "linux/amd64", layers: [{ files, compression: "none" }] }],
  });
  const registry = await offer();
  registry.putImage("big", "1", image);
  const [layer] = image.platforms[0]?.layers ?? [];
  const ofLayer = new RegExp(`GET .*${layer?.descriptor.digest}`);
  const stalled = registry.wrap(when(ofLayer, stallingAt(40 * mib)));
  const directory = await scratchDirectory();
  const pull = ["pull", ...placeIn(directory), "--quiet", "--platform", "linux/amd64", `${registry.host}/big:1`];
  const child = startCommand(pull);
  const ingests = join(directory, "store", "content", "ingest");
  await expect.poll(async () => await arrived(ingests)).toBeGreaterThanOrEqual(32 * mib);
  child.kill("SIGKILL");
  await once(child, "exit");
  const kept = await arrived(ingests);
  stalled[Symbol.dispose]();

  const before = registry.requests.length;
  expect(await runCommand(pull)).toMatchObject({ code: 0, err: "" });
  const asked = registry.requests
    .slice(before)
    .flatMap(({ method, path, headers }) => (ofLayer.test(`${method} ${path}`) ? [headers.range ?? "all of it"] : []))
    .map((range) => /^bytes=(?<from>\d+)-(?<to>\d+)$/.exec(range)?.groups);
  expect(Math.min(...asked.map((range) => Number(range?.["from"])))).toBe(kept);
  const bytes = asked.reduce((sum, range) => sum + Number(range?.["to"]) - Number(range?.["from"]) + 1, 0);
  expect(bytes).toBe((layer?.descriptor.size ?? 0) - kept);
  const trees = join(directory, "store", "storage", "overlay");
  const [tree = ""] = (await readdir(trees)).filter((name) => !["l", "staging"].includes(name));
  expect((await readFile(join(trees, tree, "diff", "data"))).equals(content)).toBe(true);
});

test("certificates of a host count as soon as they are there, while the daemon runs", async () => {
  const { ca, server, client } = await makeCertificates();
  const registry = await offer({ tls: { ...server, ca, requireClientCertificate: true } });
  const directory = await scratchDirectory();
  const certs = join(directory, "certs.d", registry.host);
  await mkdir(certs, { recursive: true });
  await holdStore(directory, { hostsDirs: [join(directory, "certs.d")] });
  const pull = ["pull", "--address", join(directory, "s.sock"), "--quiet", `${registry.host}/library/small:1`];

  const unknown = await runCommand(pull);
  expect(unknown).toMatchObject({ code: 5, out: "" });
  expect(unknown.err).toMatch(/^stowage: Cannot pull .*: its certificate is signed by an unknown authority\n$/);

  await writeFile(join(certs, "ca.crt"), ca);
  const unlettered = await runCommand(pull);
  expect(unlettered).toMatchObject({ code: 5, out: "" });
  expect(unlettered.err).toMatch(/^stowage: Cannot pull .*: it does not let us in without a client certificate .*\n$/);
  expect(registry.requests).toEqual([]);

  await writeFile(join(certs, "node.cert"), client.cert);
  const alone = await runCommand(pull);
  expect(alone).toMatchObject({ code: 2, out: "" });
  expect(alone.err).toContain(`"${join(certs, "node.cert")}": there is no "node.key" beside it`);

  await writeFile(join(certs, "node.key"), client.key);
  expect(await runCommand(pull)).toMatchObject({ code: 0, err: "" });
  expect(new Set(registry.requests.map(({ clientCertificate }) => clientCertificate))).toEqual(new Set(["client"]));
});

/** A user with a credential program for `host`, the shell script `script`. */
async function makeUser(host: string, script: string): Promise<{ env: Record<string, string>; home: string }> {
  const home = await scratchDirectory();
  await mkdir(join(home, ".docker"));
  await writeFile(join(home, ".docker", "config.json"), JSON.stringify({ credHelpers: { [host]: "test" } }));
  await writeFile(join(home, "docker-credential-test"), `#!/bin/sh\n${script}\n`);
  await chmod(join(home, "docker-credential-test"), 0o755);
  return { env: { HOME: home, PATH: `${home}:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(home, "run") }, home };
}

test.for([{ daemon: false }, { daemon: true }])(
  "the credential program of the user who pulls is asked, with a daemon that holds the store: $daemon",
  async ({ daemon }) => {
    const registry = await offer({ authentication: { kind: "basic", users: { me: "canary" } } });
    const directory = await scratchDirectory();
    await writeFile(join(directory, "auth.json"), "{}");
    if (daemon) await holdStore(directory, { authFile: join(directory, "auth.json") });
    const pull = ["pull", ...placeIn(directory), "--quiet", `${registry.host}/library/small:1`];
    const answer = JSON.stringify({ ServerURL: "x", Username: "me", Secret: "canary" });
    const knowing = await makeUser(registry.host, `cat >> "$HOME/asked"\necho '${answer}'`);
    expect(await runCommand(pull, knowing)).toMatchObject({ code: 0, err: "" });
    expect(await readFile(join(knowing.home, "asked"), "utf8")).toBe(registry.host);

    const failing = await makeUser(registry.host, "echo canary\nexit 3");
    const ended = await runCommand(pull, failing);
    expect(ended).toMatchObject({ code: 5, out: "" });
    expect(ended.err).toBe(
      'stowage: Cannot ask credential program "docker-credential-test": it ended with exit code 3\n',
    );

    const nobody = { env: { HOME: join(directory, "nobody"), PATH: "/usr/bin:/bin" } };
    expect(await runCommand(pull, nobody)).toMatchObject({ code: 4, out: "" });
  },
);

test("a file with credentials that the command line names is for mirrors too", async () => {
  const origin = await offer({ authentication: { kind: "basic", users: { o: "of the origin" } } });
  const mirror = await offer({ authentication: { kind: "basic", users: { m: "of the mirror" } } });
  const directory = await scratchDirectory();
  const certs = join(directory, "certs.d", origin.host);
  await mkdir(certs, { recursive: true });
  await writeFile(join(certs, "hosts.toml"), `[host."${mirror.origin}"]\n`);
  const [config, authfile] = [join(directory, "stowage.toml"), join(directory, "auth.json")];
  await writeFile(config, `[registry]\nhosts_dirs = ["${join(directory, "certs.d")}"]\n`);
  const auth = Buffer.from("m:of the mirror").toString("base64");
  await writeFile(authfile, JSON.stringify({ auths: { [mirror.host]: { auth } } }));
  const pull = ["pull", ...placeIn(directory), "--quiet", "--config", config, "--authfile", authfile];
  expect(await runCommand([...pull, `${origin.host}/library/small:1`])).toMatchObject({ code: 0, err: "" });
  expect(origin.requests).toEqual([]);
});

const missing = missingTools(["docker-registry", "skopeo"]);
const why = missing.length === 0 ? "" : ` (skipped: needs ${missing.join(", ")})`;

describe.skipIf(missing.length > 0)(`against Debian's docker-registry with a password file${why}`, () => {
  const password = "canary password";
  const htpasswd = "me:$2y$05$stowagestowagestowageuL3hM8BGYGuxAejl.aKiAZ7dK1Odj7za"; // bcrypt of the password

  test("the right password brings the image, a wrong one exit code 4 and one line without it", async () => {
    const directory = await scratchDirectory();
    const registry = await startRealRegistry(directory, { htpasswd });
    onTestFinished(() => registry[Symbol.asyncDispose]());
    const source = await offer();
    const image = `${registry.host}/library/small:1`;
    const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false", "--dest-creds", `me:${password}`];
    const from = `docker://${source.host}/library/small:1`;
    await promisify(execFile)("skopeo", ["copy", "--quiet", "--all", ...insecure, from, `docker://${image}`]);
    const pull = ["pull", ...placeIn(directory), "--quiet"];

    for (const creds of [["--creds", "me:canary-wrong"], ["--creds", "you:canary-wrong"], []]) {
      const refused = await runCommand([...pull, ...creds, image]);
      expect(refused).toMatchObject({ code: 4, out: "" });
      expect(refused.err).toMatch(
        /^stowage: Cannot pull [^\n]*401[^\n]*\n$|^stowage: Cannot pull [^\n]*password[^\n]*\n$/,
      );
      expect(refused.err).not.toContain("canary");
    }
    expect(await runCommand([...pull, "--creds", `me:${password}`, image])).toMatchObject({ code: 0, err: "" });
  });
});
