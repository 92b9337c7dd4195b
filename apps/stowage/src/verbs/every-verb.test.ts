import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { defaultSettings } from "@stowage/config";
import { makeImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { describe, expect, onTestFinished, test } from "vitest";
import { createProgram, listedVerbs } from "../program.ts";
import { runInTerminal } from "../pseudo-terminal.test.fixture.ts";
import { commandLine, runCommand, scratchDirectory, startCommand } from "../run-command.test.fixture.ts";
import { Terminal } from "../terminal.ts";
import { undocumentedIn } from "./answered-fields.test.fixture.ts";

const { signal } = new AbortController();
const verbs = listedVerbs(createProgram(new Terminal({ stdout: process.stdout, stderr: process.stderr, signal })));

const file = (name: string) => ({ files: [{ kind: "file" as const, name, content: Buffer.from(`${name}\n`) }] });
const imageOf = (...names: string[]) =>
  makeImage({ platforms: [{ platform: "linux/amd64", layers: ["base", ...names].map(file) }] });

/** A store with images, and how to ask for it. */
async function openWorld({ daemon }: { readonly daemon: boolean }) {
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  if (daemon) {
    const running = await startDaemon({ ...defaultSettings, root, address });
    onTestFinished(() => running[Symbol.asyncDispose]());
  }
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("team/app", "1", imageOf("app"));
  registry.putImage("team/other", "1", imageOf("other"));
  const place = ["--root", root, "--address", address];
  const run = async (...args: readonly string[]) => {
    const ended = await runCommand([...args, ...place], { env: { ...process.env, HOME: directory } });
    expect(ended, args.join(" ")).toMatchObject({ code: 0 });
    return ended.out;
  };
  /** Its answer as JSON, of which every field is documented. */
  const ask = async (...args: readonly string[]) => {
    const answer: unknown = JSON.parse(await run(...args, "--json"));
    const fields = verbs.find((verb) => verb.name() === args[0])?.fields ?? {};
    expect(undocumentedIn(answer, fields), args.join(" ")).toEqual([]);
    return answer;
  };
  return { directory, place, registry, host: registry.host, run, ask };
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("names: tag, untag, pin, unpin, rm", async () => {
    const { host, ask, run, place } = await openWorld(held);
    const [app, other] = [`${host}/team/app:1`, `${host}/team/other:1`];
    expect(await ask("pull", "-q", app, other)).toMatchObject([{ tags: [app] }, { tags: [other] }]);
    expect(await ask("tag", app, "my/app:2", "my/app:3")).toMatchObject({
      tags: [app, "docker.io/my/app:2", "docker.io/my/app:3"],
    });
    expect(await ask("untag", "my/app:3")).toMatchObject([{ names: ["docker.io/my/app:3"], isRemoved: false }]);
    expect(await ask("pin", "my/app:2")).toMatchObject([{ pattern: "docker.io/my/app:2", by: "somebody" }]);
    expect(await run("images", "-q", "--filter", "pinned=true")).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    for (const args of [
      ["rm", app],
      ["untag", "my/app:2"],
      ["tag", other, "my/app:2"],
    ])
      expect(await runCommand([...args, ...place])).toMatchObject({ code: 1, err: expect.stringContaining("--force") });
    expect(await run("pin")).toMatch(
      /^PINNED +BY +IMAGES\n.*settings +-\ndocker\.io\/my\/app:2 +somebody +[0-9a-f]{12}\n$/,
    );
    expect(await ask("rm", "--all")).toMatchObject([
      { tags: [other], freed: { inodes: 4 }, holders: expect.any(Array) },
    ]);
    expect(await ask("unpin", "my/app:2")).toMatchObject([{ pattern: "docker.io/my/app:2" }]);
    expect(await run("rm", app)).toMatch(/\nfreed \d+\.\d KiB\n$/);
    expect(await ask("images")).toEqual([]);
  });

  test("what is in the store: history, tree, inspect, df, why, gc, check, info", async () => {
    const { host, ask, run, place } = await openWorld(held);
    const [app, other] = [`${host}/team/app:1`, `${host}/team/other:1`];
    for (const name of [app, other]) await run("pull", "-q", name);
    const id = (await run("images", "-q", "*/team/app")).trim();
    expect(await ask("history", app)).toMatchObject([{ bytes: expect.any(Number) }, { layer: expect.any(String) }]);
    expect(await ask("tree")).toMatchObject([{ layers: 1, sharedBy: 2 }, { images: [app] }, { images: [other] }]);
    const drawn = await run("tree");
    expect(drawn.replaceAll(/[0-9a-f]{12}/g, "ID").replaceAll(/[\d.]+ (?:KiB|B)/g, "SIZE")).toBe(
      [
        "ID  1 layer, SIZE, shared by 2 images",
        "├─ ID  1 layer, SIZE",
        `│  └─ ${app}  ID`,
        "└─ ID  1 layer, SIZE",
        `   └─ ${other}  ID`,
        "",
      ].join("\n"),
    );
    expect(await ask("inspect", app)).toMatchObject({ id, imageManifest: { config: { digest: id } }, imageConfig: {} });
    expect(JSON.parse(await run("inspect", app, "--type", "manifest"))).toMatchObject({ config: { digest: id } });
    expect(await run("inspect", app, "--type", "layers")).toMatch(
      /^ +BLOB +SIZE +UNPACKED +INODES +DIFF ID +CHAIN ID\n1 .*\n2 .*\n$/,
    );
    expect(await ask("df")).toMatchObject({ images: [{ id }, {}], unaccounted: { bytes: 0, inodes: 0, paths: [] } });
    expect(await run("df")).toMatch(/^IMAGE +UNIQUE +SHARED +OF ALL\n[^]*\n0 unaccounted\n$/);
    expect(await ask("why", id)).toMatchObject({ kind: "blob", images: [{ id, as: "its config" }], isNeeded: true });
    const [layer = ""] = /sha256:[0-9a-f]{64}$/m.exec(await run("inspect", app, "--type", "layers")) ?? [];
    expect(await ask("why", layer)).toMatchObject({
      kind: "layer",
      images: [{ as: "layer 1 of 2" }, { as: "layer 1 of 2" }],
    });
    const links = join(place[1] ?? "", "storage/overlay/l");
    expect(await ask("why", links)).toMatchObject({ kind: "layout", images: [], isNeeded: true });
    expect(await runCommand(["why", "/etc", ...place])).toMatchObject({ code: 3 });
    expect(await ask("gc", "--dry-run")).toMatchObject({ dryRun: true, freed: { bytes: 0 }, gone: [] });
    expect(await run("gc")).toBe("freed 0 B\n");
    expect(await ask("check")).toMatchObject({ images: 2, findings: [] });
    expect(await ask("info")).toMatchObject({ images: 2, ...(held.daemon ? { daemon: "0.0.0" } : {}) });
    expect(await ask("version")).toMatchObject({ client: { version: "0.0.0" } });
  });

  test("registries: push, tags, manifest, copy, explain, login, logout", async () => {
    const { host, ask, run, directory, place } = await openWorld(held);
    const app = `${host}/team/app:1`;
    const [image] = [await ask("pull", "-q", app)].flat();
    expect(image).toMatchObject({ tags: [app] });
    const pushed = await ask("push", "-q", app, `${host}/new/app:2`);
    expect(pushed).toMatchObject({ reference: `${host}/new/app:2`, pushed: expect.any(Number) });
    expect(await ask("tags", `${host}/new/app`)).toEqual([{ tag: "2", name: `${host}/new/app:2` }]);
    const digest = (await run("manifest", `${host}/new/app:2`, "--format", "{{.digest}}")).trim();
    expect(image).toMatchObject({ manifest: digest });
    expect(await ask("manifest", app)).toMatchObject({ reference: app, digest, manifest: { schemaVersion: 2 } });
    expect(await ask("copy", "-q", app, `${host}/copy/app:1`)).toMatchObject({ digest, documents: 1 });
    expect(await ask("explain", app)).toMatchObject({
      reference: app,
      because: "domain",
      hosts: [{ path: "team/app", scheme: "https, then http", user: "nobody" }],
      here: expect.stringMatching(/^sha256:/),
    });
    const login = await runCommand(["login", host, "-u", "me", "--password-stdin", ...place], {
      env: { ...process.env, HOME: directory },
      input: "canary\n",
    });
    expect(login).toMatchObject({ code: 0, out: expect.stringMatching(/^logged in to .* as me; kept in /) });
    expect(await readFile(join(directory, ".config/containers/auth.json"), "utf8")).toContain(host);
    expect(await ask("explain", app)).toMatchObject({
      hosts: [{ user: "me", credential: expect.stringContaining("auth.json") }],
    });
    expect(await ask("logout", host)).toMatchObject([{ registry: host }]);
  });
});

test("every verb does in a terminal what it does in a pipe, and ends well", async () => {
  const { directory, place, host } = await openWorld({ daemon: true });
  const app = `${host}/team/app:1`;
  const [archive, target] = [join(directory, "app.tar"), join(directory, "copied")];
  const lines: readonly (readonly string[])[] = [
    ["pull", app, `${host}/team/other:1`],
    ["images"],
    ["inspect", app],
    ["inspect", "--type", "config", app],
    ["history", app],
    ["tree"],
    ["tag", app, "my/app:2"],
    ["pin", "my/app:2"],
    ["unpin", "my/app:2"],
    ["untag", "my/app:2"],
    ["mount"],
    ["cat", `${app}:/app`],
    ["cp", `${app}:/app`, target],
    ["diff", app, `${host}/team/other:1`],
    ["save", app, "-o", archive],
    ["load", archive],
    ["containers"],
    ["push", app, `${host}/new/app:1`],
    ["copy", app, `${host}/copy/app:1`],
    ["manifest", app],
    ["tags", `${host}/team/app`],
    ["explain", app],
    ["df"],
    ["gc"],
    ["check", "--quick"],
    ["why", place[1] ?? ""],
    ["info"],
    ["version"],
    ["completion", "bash"],
    ["help", "pull"],
    ["rm", "--all"],
  ];
  const script = lines.map((line) => `${commandLine([...line, ...place])}; echo "[$? ${line[0]}]"`).join("\n");
  const terminal = runInTerminal(script.replaceAll("\n", "; "), { rows: 24, columns: 80 });
  expect(await terminal.exited).toBe(0);
  const ended = terminal.sent().matchAll(/\[(?<code>\d+) (?<verb>[a-z]+)\]\r\n/g);
  expect([...ended].map(({ groups }) => `${groups?.["verb"]} ${groups?.["code"]}`)).toEqual(
    lines.map(([verb]) => `${verb} 0`),
  );
  const needOthers = ["mount", "unmount", "bundle", "unbundle", "login", "logout", "events"]; // which have tests in a terminal of their own, or need root
  const run = new Set([...lines.map(([verb]) => verb), ...needOthers]);
  expect(verbs.map((verb) => verb.name()).filter((name) => !run.has(name))).toEqual([]);
});

test("events tell what happens at a daemon, until they are interrupted", async () => {
  const { host, run, place } = await openWorld({ daemon: true });
  const following = startCommand(["events", "--json", ...place]);
  const [out, exit] = [text(following.stdout), once(following, "exit")];
  const begun = once(following.stdout, "data").then(() => true);
  for (let hasBegun = false; !hasBegun; ) {
    await run("pull", "-q", `${host}/team/other:1`);
    hasBegun = await Promise.race([begun, Promise.resolve(false)]);
  }
  await run("pull", "-q", `${host}/team/app:1`);
  await run("rm", `${host}/team/app:1`);
  following.kill("SIGINT");
  expect(await exit).toEqual([130, null]);
  const events = (await out)
    .trim()
    .split("\n")
    .filter((line) => line.includes("/team/app:1"))
    .map((line): unknown => JSON.parse(line));
  const { fields = {} } = verbs.find((verb) => verb.name() === "events") ?? {};
  expect(undocumentedIn(events, fields)).toEqual([]);
  expect(events).toMatchObject([
    { kind: "pull-started", reference: `${host}/team/app:1` },
    { kind: "published", isNew: true },
    { kind: "pull-succeeded" },
    { kind: "removed" },
  ]);
});
