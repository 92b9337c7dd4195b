import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Tells on stderr of each module that is loaded. */
const teller = `import { registerHooks } from "node:module";
registerHooks({ load: (url, context, next) => { process.stderr.write(url + "\\n"); return next(url, context); } });`;

test.for([["--help"], ["pull", "--help"], ["completion", "bash"], ["help"]])(
  "stowage %s loads nothing but what verbs declare",
  async (args) => {
    const preload = `--import data:text/javascript,${encodeURIComponent(teller)}`;
    const source = ["--conditions=@stowage/source", new URL("../main.ts", import.meta.url).pathname];
    const env = { PATH: "/usr/bin:/bin", NODE_OPTIONS: preload };
    const { stderr } = await promisify(execFile)(process.execPath, [...source, ...args], { env });
    const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((url) => url.includes("/src/actions/"))).toEqual([]);
    const packages = loaded.flatMap((url) => /.*\/(?:packages|apps|node_modules)\/([^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(["commander", "errors", "get-east-asian-width", "stowage"]);
  },
);
