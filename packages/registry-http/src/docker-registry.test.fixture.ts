import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Identity } from "@stowage/registry-fake";

export interface DockerRegistryOptions {
  /** Lines of an htpasswd file. */
  readonly htpasswd?: string;
  readonly token?: TokenSettings;
  /** With `clientAuthority`, PEM, it refuses clients without a certificate that this one signed. */
  readonly tls?: Identity & { readonly clientAuthority?: string };
  /** Whether manifests and blobs may be removed. */
  readonly deletes?: boolean;
}

/** Who signs the tokens that it takes. */
export interface TokenSettings {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM of the certificates whose keys may sign. */
  readonly certificates: string;
}

/** Debian's docker-registry on a port of 127.0.0.1, with its storage in a directory that goes with it. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
}

/** Why there is no docker-registry here, for the name of a suite that skips; `""` where there is one. */
export function whyNoDockerRegistry(): string {
  try {
    execFileSync("docker-registry", ["--version"], { stdio: "ignore" });
    return "";
  } catch {
    return " (skipped: docker-registry is not installed)";
  }
}

export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), "docker-registry-")));
  const host = `127.0.0.1:${await findFreePort()}`;
  const config = await writeConfig(directory.path, host, options);
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  const exited = once(child, "exit");
  stack.defer(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  await waitUntilUp(host, exited);
  const owned = stack.move();
  return { host, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The configuration is YAML, of which JSON is a part. */
async function writeConfig(directory: string, host: string, options: DockerRegistryOptions): Promise<string> {
  const storage = join(directory, "storage");
  await mkdir(storage);
  const put = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: options.deletes ?? false } },
    http: { addr: host, secret: "of this test", ...(await tlsOf(options, put)) },
    ...(await authOf(options, put)),
  };
  return await put("config.yml", JSON.stringify(config));
}

type Put = (name: string, text: string) => Promise<string>;

async function tlsOf({ tls }: DockerRegistryOptions, put: Put): Promise<object> {
  if (tls === undefined) return {};
  const { cert, key, clientAuthority } = tls;
  const files = { certificate: await put("server.crt", cert), key: await put("server.key", key) };
  const clients = clientAuthority === undefined ? {} : { clientcas: [await put("clients.crt", clientAuthority)] };
  return { tls: { ...files, ...clients } };
}

async function authOf({ htpasswd, token }: DockerRegistryOptions, put: Put): Promise<object> {
  if (htpasswd !== undefined) {
    return { auth: { htpasswd: { realm: "test", path: await put("htpasswd", `${htpasswd}\n`) } } };
  }
  if (token === undefined) return {};
  const { certificates, ...settings } = token;
  return { auth: { token: { ...settings, rootcertbundle: await put("signers.crt", certificates) } } };
}

/** Until somebody listens; a registry that ends instead has a configuration that it does not like. */
async function waitUntilUp(host: string, exited: Promise<unknown>): Promise<void> {
  const ended = exited.then(() => {
    throw new Error("docker-registry ended at once");
  });
  ended.catch(() => undefined);
  for (let tries = 0; tries < 300; tries += 1) {
    const isUp = await Promise.race([ended, listensAt(host)]);
    if (isUp) return;
    await delay(50);
  }
  throw new Error("docker-registry did not come up");
}

async function listensAt(host: string): Promise<boolean> {
  const socket = connect(Number(host.split(":")[1]), "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address");
  return address.port;
}
