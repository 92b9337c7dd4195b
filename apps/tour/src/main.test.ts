import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { readMounts } from "@stowage/linux";
import { stallAfter, startRegistry, when } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";

const main = new URL("./main.ts", import.meta.url).pathname;
const privileged = process.getuid?.() === 0;

async function run(
  args: readonly string[],
  meanwhile: (child: ChildProcessByStdio<null, Readable, Readable>) => void = () => undefined,
) {
  const scratch = await mkdtemp(join(tmpdir(), "stowage-tour-test-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["--conditions=@stowage/source", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: scratch },
  });
  meanwhile(child);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout).catch(() => ""),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return {
    code: typeof code === "number" ? code : undefined,
    out,
    err,
    left: await readdir(scratch),
    mounted: readMounts().filter(({ target }) => target.startsWith(scratch)),
  };
}

const calls = [
  "Version",
  "ImageFsInfo",
  "PullImage",
  "ImageStatus",
  "ListImages",
  "ImageFsInfo",
  "RemoveImage",
  "ListImages",
  "ImageFsInfo",
];

test("makes the calls of a kubelet, tells what came back and how long it took, and leaves nothing behind", async () => {
  const { code, out, err, left, mounted } = await run([]);
  expect({ code, err, left, mounted }).toEqual({ code: 0, err: "", left: [], mounted: [] });
  const steps = out
    .split("\n")
    .filter((line) => / \d+\.\d ms$/.test(line))
    .map((line) => line.split(" ")[0]);
  expect(steps.filter((step) => calls.includes(String(step)))).toEqual(calls);
  expect(out).toMatch(/id {6}sha256:[0-9a-f]{64}/);
  expect(out).toMatch(privileged ? /etc\/motd {2}11 bytes/ : /Only root can mount/);
});

test("does the same with an image that is named", async () => {
  await using registry = await startRegistry();
  registry.putImage("a/b", "v2", smallImage());
  const { code, out, err, left } = await run(["--plain-http", `${registry.host}/a/b:v2`]);
  expect({ code, err, left }).toEqual({ code: 0, err: "", left: [] });
  expect(out).toContain(`PullImage ${registry.host}/a/b:v2`);
});

test.skipIf(!privileged)("shows the links of an image and follows none of them (needs root for a mount)", async () => {
  await using registry = await startRegistry();
  const files = [
    { kind: "symlink" as const, name: "host", linkName: "/" },
    { kind: "symlink" as const, name: "nowhere", linkName: "/proc/self/fd/none" },
    { kind: "file" as const, name: "z\xff\x1b" },
  ];
  const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers: [{ files }] }));
  registry.putImage("links", "1", makeImage({ platforms }));
  const { code, out, err } = await run(["--plain-http", `${registry.host}/links:1`]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(
    /List it .*\n {4}host -> \/\n {4}nowhere -> \/proc\/self\/fd\/none\n {4}z\ufffd\? {2}0 bytes\nUnmount/,
  );
});

test("clears up after itself when it is interrupted, and when nobody reads on", async () => {
  await using registry = await startRegistry();
  registry.putImage("a/b", "v2", smallImage());
  registry.wrap(when(/blobs/, stallAfter(1)));
  const interrupted = run(["--plain-http", `${registry.host}/a/b:v2`], (child) => {
    const asked = setInterval(() => {
      if (!registry.requests.some(({ path }) => path.includes("/blobs/"))) return;
      clearInterval(asked); // a second interrupt would kill it
      child.kill("SIGINT");
    }, 50);
    child.once("exit", () => clearInterval(asked));
  });
  expect(await interrupted).toMatchObject({
    code: 1,
    left: [],
    mounted: [],
    err: expect.stringContaining("stopped by SIGINT"),
  });
  expect(await run([], (child) => void child.stdout.once("data", () => child.stdout.destroy()))).toMatchObject({
    code: 0,
    left: [],
    mounted: [],
  });
});

test.for([
  { args: ["127.0.0.1:1/nothing:1"], says: /127\.0\.0\.1:1/ },
  { args: ["lower/UPPER"], says: /^Cannot parse/ },
  { args: ["--nonsense"], says: /--nonsense/ },
])("fails with one reason for $args, and leaves nothing behind", async ({ args, says }) => {
  const { code, err, left } = await run(args);
  expect({ code, left }).toEqual({ code: 1, left: [] });
  expect(err).toMatch(says);
});
