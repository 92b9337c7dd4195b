import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** Debian's docker-registry on loopback, with its storage under a directory of the caller's. */
export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
}

export interface RealRegistryOptions {
  /** Lines of an htpasswd file: who is let in. Everybody, where it is not given. */
  readonly htpasswd?: string;
}

export async function startRealRegistry(
  directory: string,
  { htpasswd }: RealRegistryOptions = {},
): Promise<RealRegistry> {
  const host = `127.0.0.1:${await findFreePort()}`;
  const config = join(directory, "registry.yml");
  await mkdir(join(directory, "registry"), { recursive: true });
  const users = join(directory, "htpasswd");
  if (htpasswd !== undefined) await writeFile(users, `${htpasswd}\n`);
  const settings = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(directory, "registry") } },
    http: { addr: host, secret: "of this test" },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: "test", path: users } } }),
  };
  await writeFile(config, JSON.stringify(settings)); // it is YAML, of which JSON is a part
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  await waitUntilUp(host);
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The tools that a test with a real registry needs; those that this machine lacks. */
export function missingTools(tools: readonly string[]): readonly string[] {
  return tools.filter((tool) => {
    try {
      execFileSync("sh", ["-c", `command -v ${tool}`], {
        stdio: "ignore",
        env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
      });
      return false;
    } catch {
      return true;
    }
  });
}

async function waitUntilUp(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const up = await fetch(`http://${host}/v2/`).then(
      ({ status }) => status === 200 || status === 401,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("docker-registry did not come up");
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
