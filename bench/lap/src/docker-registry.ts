import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** A docker-registry of its own on loopback, over plain HTTP. */
export interface DockerRegistry extends AsyncDisposable {
  readonly host: string;
  readonly pid: number;
}

/** Starts one with its files below `directory`, those of an earlier one too, and waits until it answers. */
export async function startDockerRegistry(directory: string): Promise<DockerRegistry> {
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(directory, "registry.yml");
  const storage = { filesystem: { rootdirectory: join(directory, "registry") } };
  await mkdir(storage.filesystem.rootdirectory, { recursive: true });
  const settings = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage,
    http: { addr: host },
  };
  await writeFile(config, JSON.stringify(settings)); // JSON is YAML
  const server = spawn("docker-registry", ["serve", config], { stdio: "ignore", env: { ...process.env, ...calm } });
  await using started = new AsyncDisposableStack();
  started.defer(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return; // a Ctrl-C reaches it too
    const ended = once(server, "exit");
    server.kill();
    await ended;
  });
  await untilItAnswers(host);
  if (server.pid === undefined) throw new Error("A process that answers has an id");
  const { pid } = server;
  const running = started.move();
  return { host, pid, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Collecting its garbage less often halves what a small blob costs it, which the benches would measure along with us. */
const calm = { GOGC: "400" };

async function untilItAnswers(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await setTimeout(50);
  }
  throw new Error("docker-registry does not answer");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address");
  return address.port;
}
