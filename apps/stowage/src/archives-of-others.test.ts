import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { isPrivileged } from "@stowage/linux";
import { describe, expect, test } from "vitest";
import { openPlace } from "./run-here.test.fixture.ts";

const layer = (name: string) => ({ files: [{ kind: "file" as const, name, content: Buffer.from(name) }] });
const single = makeImage({ platforms: [{ platform: "linux/amd64", layers: ["base", "app"].map(layer) }] });
const amd64 = smallImage().platforms[0];

/** Runs a program of others; its output, or a failed test. */
function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${error ?? stderr}`);
  return stdout;
}

function isMissing(program: string): boolean {
  return spawnSync(program, ["--version"]).status !== 0;
}

describe.skipIf(isMissing("skopeo"))("skopeo (skipped where it is not installed)", () => {
  test("reads what is saved, in every form, as the same image, also where it is one of an index", async () => {
    const { directory, print, pull } = await openPlace({ daemon: false });
    const out = (name: string) => join(directory, "out", name);
    const names = [await pull("single", single), await pull("small", smallImage())];
    for (const [at, name] of names.entries()) {
      const id = at === 0 ? single.platforms[0]?.id : amd64?.id;
      for (const type of ["docker-archive", "oci-archive", "oci-layout"]) {
        const path = out(`${type}-${at}`);
        await print("save", "-q", name, "--type", type, "-o", path);
        const from = `${type === "oci-layout" ? "oci" : type}:${path}`;
        const choose = ["--override-arch", "amd64", "--override-os", "linux"];
        expect(JSON.parse(run("skopeo", ...choose, "inspect", "--config", from))).toMatchObject({
          architecture: "amd64",
        });
        const copy = out(`copy-${type}-${at}`);
        run("skopeo", ...choose, "copy", "--insecure-policy", from, `dir:${copy}`);
        expect(JSON.parse(readFileSync(join(copy, "manifest.json"), "utf8"))).toMatchObject({ config: { digest: id } });
      }
    }
  });

  test("writes what is loaded, in every form, under the same id", async () => {
    const [here, there] = [await openPlace({ daemon: false }), await openPlace({ daemon: false })];
    const out = (name: string) => join(here.directory, "out", name);
    const name = await here.pull("single", single);
    await here.print("save", "-q", name, "-o", out("layout/"));
    const forms = [
      "docker-archive:%:example.com/a:1",
      "oci-archive:%:example.com/a:1",
      "oci:%:example.com/a:1",
      "dir:%",
    ];
    for (const [at, form] of forms.entries()) {
      const path = out(`copy-${at}`);
      run("skopeo", "copy", "--insecure-policy", `oci:${out("layout")}:1`, form.replace("%", path));
      const named = form.includes("example.com") ? [] : ["--name", "example.com/a:1"];
      await there.print("load", "-q", path, ...named);
      const digests = form.startsWith("docker") ? [] : [`example.com/a@${single.digest}`];
      expect(await there.ask("images"), form).toMatchObject([
        { id: single.platforms[0]?.id, tags: ["example.com/a:1"], digests },
      ]);
      await there.print("rm", "--all");
    }
  });
});

const isWithoutPodman = isMissing("podman") || !isPrivileged();

describe.skipIf(isWithoutPodman)("podman (skipped where it is not installed, and without root)", () => {
  test("loads what is saved, and what it saves is loaded, under the same id and name", async () => {
    const { directory, print, pull, ask } = await openPlace({ daemon: false });
    const out = (name: string) => join(directory, "out", name);
    const where = ["--root", out("root"), "--runroot", out("run"), "--storage-driver", "vfs"];
    const podman = (...args: readonly string[]) => run("podman", ...where, ...args);
    writeFileSync(out("policy.json"), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
    const names = [await pull("single", single), await pull("small", smallImage())];
    await print("save", "-q", ...names, "-o", out("a.tar"));
    podman("load", "--signature-policy", out("policy.json"), "-i", out("a.tar"));
    const ids = names.map((name) => podman("image", "inspect", "--format", "{{.Id}}", name).trim());
    expect(ids.map((id) => `sha256:${id}`)).toEqual([single.platforms[0]?.id, amd64?.id]);
    podman("save", "-q", "--multi-image-archive", "-o", out("saved.tar"), ...names);
    await print("rm", "--all");
    await print("load", "-q", out("saved.tar"));
    const loaded = await ask("images", "--sort", "name");
    expect(loaded).toMatchObject(names.toSorted().map((name) => ({ tags: [name], id: expect.any(String) })));
    expect(loaded).toMatchObject([{ id: single.platforms[0]?.id }, { id: amd64?.id }]);
  });
});
