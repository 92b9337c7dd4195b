import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInTerminal } from "../pseudo-terminal.test.fixture.ts";
import { commandLine, runCommand } from "../run-command.test.fixture.ts";

const directory = mkdtempSync(join(tmpdir(), "stowage-list-"));
const place = ["--root", join(directory, "store"), "--address", join(directory, "none.sock")];
let host: string;

/** Two images, of which the larger came last and is called `a/large`, and one that lost its name. */
beforeAll(async () => {
  await using registry = await startRegistry();
  host = registry.host;
  registry.putImage("team/small", "1", smallImage());
  registry.putImage("a/large", "2", large(1));
  const pull = ["pull", ...place, "--plain-http", "--platform", "linux/amd64"];
  const names = [`${host}/team/small:1`, `${host}/none/such:1`, `${host}/a/large:2`];
  const pulled = await runCommand([...pull, ...names]);
  expect(pulled).toMatchObject({ code: 3, out: expect.stringMatching(/^(?:sha256:[0-9a-f]{64}\n){2}$/) });
  expect(pulled.err).toMatch(/^stowage: Cannot pull .*none\/such:1: /m);
  registry.putImage("a/large", "2", large(2));
  expect(await runCommand([...pull, "--json", `${host}/a/large:2`])).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function large(seed: number) {
  const content = Buffer.alloc(300_000, seed);
  return makeImage({
    platforms: [{ platform: "linux/amd64", layers: [{ files: [{ kind: "file", name: "f", content }] }] }],
  });
}

async function listed(...args: readonly string[]): Promise<readonly string[]> {
  const { code, err, out } = await runCommand(["images", ...place, "--format", "{{.tags}}", ...args]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out.split("\n").slice(0, -1);
}

test.for([
  { args: ["--sort", "name", "--filter", "dangling=false"], names: ["a/large:2", "team/small:1"] },
  { args: ["--sort", "size", "--filter", "dangling=false"], names: ["a/large:2", "team/small:1"] },
  { args: ["--filter", "dangling=true"], names: [""] },
  { args: ["--filter", "reference=*/a/*:2"], names: ["a/large:2"] },
  {
    args: ["--sort", "name", "--filter", "reference=*/team/small", "--filter", "reference=*/a/*"],
    names: ["a/large:2", "", "team/small:1"],
  },
  { args: ["--filter", "reference=*"], names: [] },
  { args: ["--filter", "label=none"], names: [] },
  { args: ["*/*/large", "--filter", "dangling=false"], names: ["a/large:2"] },
])("images $args lists $names", async ({ args, names }) => {
  expect(await listed(...args)).toEqual(names.map((name) => (name === "" ? "" : `${host}/${name}`)));
});

test("ids alone, whole digests, and columns of one's own", async () => {
  const run = async (...args: readonly string[]) => (await runCommand(["images", ...place, "*/*/small", ...args])).out;
  const id = (await run("-q")).trim();
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  const [head, row] = (await run("--digests", "--no-trunc")).split("\n");
  expect(head).toMatch(/^REPOSITORY +TAG +DIGEST +IMAGE ID +SIZE +PULLED$/);
  expect(row).toMatch(new RegExp(`^${host}/team/small +1 +sha256:[0-9a-f]{64} +${id} `));
  expect(await run("--format", String.raw`table {{.user}}\t{{.platform}}`)).toBe(
    "USER       PLATFORM\n1000:1000  linux/amd64\n",
  );
});

test("on a terminal the heading of the table is bold, and the rest is what it is in a pipe", async () => {
  const { out } = await runCommand(["images", ...place, "--sort", "name"]);
  const terminal = runInTerminal(commandLine(["images", ...place, "--sort", "name"]), { rows: 24, columns: 120 });
  expect(await terminal.exited).toBe(0);
  const ages = / +\d+ seconds? ago/g;
  expect(terminal.screen().join("\n").replaceAll(ages, "")).toBe(out.trimEnd().replaceAll(ages, ""));
  expect(terminal.sent()).toMatch(/^.\[1mREPOSITORY.\[22m/);
});

test.for([
  { args: ["--filter", "colour=red"], says: /^stowage: Cannot read filter "colour=red": it is none of reference=, / },
  { args: ["--sort", "colour"], says: /^stowage: option '--sort <key>' argument 'colour' is invalid\. / },
  { args: ["--format", "{{.colour}}"], says: /^stowage: Cannot read the template: there is no field "colour"; / },
  { args: ["--json", "--format", "x"], says: /--json and --format exclude each other$/ },
])("images $args is told wrong, in one line", async ({ args, says }) => {
  const ended = await runCommand(["images", ...place, ...args]);
  expect(ended).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^[^\n]*\n$/) });
  expect(ended.err.trimEnd()).toMatch(says);
});
