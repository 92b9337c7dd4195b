import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { defaultSettings } from "@stowage/config";
import { startDaemon } from "@stowage/stowaged";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../run-command.test.fixture.ts";

/** Tells on stderr of each module that is loaded. */
const teller = `import { registerHooks } from "node:module";
registerHooks({ load: (url, context, next) => { process.stderr.write(url + "\\n"); return next(url, context); } });`;

/** The files that a process of the command loads. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const preload = `--import data:text/javascript,${encodeURIComponent(teller)}`;
  const source = ["--conditions=@stowage/source", new URL("../main.ts", import.meta.url).pathname];
  const env = { PATH: "/usr/bin:/bin", NODE_OPTIONS: preload };
  const { stderr } = await promisify(execFile)(process.execPath, [...source, ...args], { env });
  const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
  expect(loaded.length).toBeGreaterThan(10);
  return loaded;
}

test.for([["--help"], ["pull", "--help"], ["completion", "bash"], ["help"]])(
  "stowage %s loads nothing but what verbs declare",
  async (args) => {
    const loaded = await loadedBy(args);
    expect(loaded.filter((url) => url.includes("/src/actions/"))).toEqual([]);
    const packages = loaded.flatMap((url) => /.*\/(?:packages|apps|node_modules)\/([^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(["commander", "errors", "get-east-asian-width", "stowage"]);
  },
);

test("who asks a daemon for images loads nothing of how it is asked for containers", async () => {
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  const daemon = await startDaemon({ ...defaultSettings, root, runRoot: join(directory, "run"), address });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  const loaded = await loadedBy(["images", "--root", root, "--address", address]);
  const spoken = loaded.filter((url) => /\/packages\/(?:cri-api|store-client)\//.test(url));
  expect(spoken.filter((url) => url.endsWith("/store-client.ts"))).toHaveLength(1);
  expect(spoken.filter((url) => /\/container[^/]*$/.test(url))).toEqual([]);
});
