import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { stallAfter, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { runInTerminal } from "./pseudo-terminal.test.fixture.ts";
import { commandLine, startCommand } from "./run-command.test.fixture.ts";
import { openPlace } from "./run-here.test.fixture.ts";

/** A file that is larger than a pipe holds. */
function largeImage() {
  const files = [{ kind: "file" as const, name: "large", content: Buffer.alloc(1_000_000, "all stowed\n") }];
  return makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files }] }] });
}

async function runShell(line: string) {
  const child = spawn("bash", ["-o", "pipefail", "-c", line], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: Number(code), out, err };
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("an archive goes from one store to another through a pipe, compressed on the way", async () => {
    const [here, there] = [await openPlace(held), await openPlace(held)];
    const name = await here.pull("small", smallImage());
    const save = commandLine(["save", "-q", ...here.place, name]);
    const load = commandLine(["load", ...there.place]);
    const { code, out, err } = await runShell(`${save} | gzip | ${load}`);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
    expect(err).toMatch(/^Loaded 127\.0\.0\.1:\d+\/small:1: [^\n]*\n$/);
    expect(await there.print("cat", `${name}:/etc/motd`)).toBe("All stowed\n");
  });

  test("an interrupt ends a load whose archive does not come, and a save whose layer does not, and leaves nothing", async () => {
    const { directory, place, pull, print, registry } = await openPlace(held);
    const [out, name] = [join(directory, "out"), await pull("large", largeImage())];
    const fault = registry.wrap(when(/blobs/, stallAfter(1)));
    const saving = startCommand(["save", ...place, name, "-o", join(out, "a.tar")]);
    const saved = text(saving.stderr);
    await expect.poll(() => readdir(out)).toEqual([expect.stringContaining(".a.tar.")]);
    await expect.poll(() => registry.requests.filter(({ path }) => path.includes("/blobs/")).length).toBeGreaterThan(2);
    saving.kill("SIGINT");
    expect(await once(saving, "exit")).toEqual([130, null]);
    expect(await saved).toBe(
      "stowage: stopped; no archive was written; in a layout, the blobs that are whole are kept\n",
    );
    expect(await readdir(out)).toEqual([]);
    fault[Symbol.dispose]();

    await print("save", "-q", name, "-o", join(out, "a.tar"));
    const half = (await readFile(join(out, "a.tar"))).subarray(0, 4000);
    const line = commandLine(["load", ...place]);
    for (const from of ["", "<(cat)"]) {
      const loading = spawn("bash", ["-c", `exec ${line} ${from}`], { stdio: ["pipe", "pipe", "pipe"] });
      const loaded = text(loading.stderr);
      loading.stdin.write(half);
      await expect.poll(() => spooledBy(loading.pid)).toBe(true);
      loading.kill("SIGINT");
      expect(await once(loading, "exit")).toEqual([130, null]);
      loading.stdin.end();
      expect(await loaded).toMatch(/^stowage: stopped; images that were whole are here; [^\n]*\n$/);
    }
  });
});

/** Whether a process has a spool open, which has no name any more. */
async function spooledBy(pid: number | undefined): Promise<boolean> {
  const { out } = await runShell(`readlink /proc/${pid}/fd/*`);
  return out.includes("stowage-archive-") && out.includes("(deleted)");
}

test("a reader who has seen enough of a file is no failure, and a full disk is, in one line", async () => {
  const { place, pull } = await openPlace({ daemon: false });
  const name = await pull("large", largeImage());
  const cat = commandLine(["cat", ...place, `${name}:/large`]);
  expect(await runShell(`${cat} | head -n 1`)).toEqual({ code: 0, out: "all stowed\n", err: "" });
  const save = commandLine(["save", "-q", ...place, name]);
  for (const line of [`${cat} > /dev/full`, `${save} > /dev/full`])
    expect(await runShell(line)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^stowage: Cannot [^\n]*ENOSPC[^\n]*\n$/),
    });
});

test("neither is an archive written to a terminal, nor read from one", async () => {
  const { place, pull } = await openPlace({ daemon: false });
  const name = await pull("small", smallImage());
  for (const { args, says } of [
    { args: ["save", ...place, name], says: "name a file with -o" },
    { args: ["load", ...place], says: "name an archive with -i" },
  ]) {
    const terminal = runInTerminal(commandLine(args), { rows: 5, columns: 200 });
    expect(await terminal.exited).toBe(2);
    expect(terminal.screen()).toEqual([expect.stringContaining(says)]);
  }
});
