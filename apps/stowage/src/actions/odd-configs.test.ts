import { makeArtifact, smallImage } from "@stowage/image-fixtures";
import { digestOf } from "@stowage/oci";
import type { FakeImage } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { main } from "../command-line.ts";
import { collector, openPlace } from "../run-here.test.fixture.ts";
import { Terminal } from "../terminal.ts";

const artifactType = "application/vnd.test";

/** An artifact whose config is whatever it is. */
function artifactWith(content: string): FakeImage {
  const { root, documents, blobs } = makeArtifact({ artifactType, files: [] });
  const [bytes, mediaType] = [Buffer.from(content), "text/x-odd"];
  const config = { mediaType, digest: digestOf(bytes), size: bytes.length };
  const manifest: object = JSON.parse(Buffer.from(root.bytes).toString());
  const odd = { ...root, bytes: Buffer.from(JSON.stringify({ ...manifest, config })) };
  return { root: odd, documents, blobs: [...blobs, bytes] };
}

describe.for([
  { what: "no JSON", content: "chart: \u001b[2Jx\n", seen: "chart: \\u001b[2Jx" },
  { what: "deeper than a stack", content: `${"[".repeat(20_000)}${"]".repeat(20_000)}`, seen: "[[[[" },
  { what: "another value", content: "null", seen: "null" },
])("of an artifact whose config is $what", ({ content, seen }) => {
  test.for([{ daemon: false }, { daemon: true }])("all is told that can be, with a daemon: $daemon", async (held) => {
    const { ask, print, pull, place } = await openPlace(held);
    const small = await pull("small", smallImage());
    const odd = await pull("odd", artifactWith(content));
    expect(await ask("history", odd)).toEqual([]);
    expect(await print("history", odd)).toMatch(/^LAYER .*\n$/);
    const { imageConfig = null } = Object(await ask("inspect", odd));
    expect(imageConfig).toBeNull();
    expect(await ask("inspect", odd)).toMatchObject({ imageManifest: { artifactType } });
    expect(await print("inspect", "--type", "config", odd)).toBe(content);
    expect(await ask("images", "--filter", "label=none")).toEqual([]);
    expect(await ask("images")).toMatchObject([{ tags: [small] }, { tags: [odd] }]);
    const stdout = Object.assign(collector(), { isTTY: true });
    const { signal } = new AbortController();
    await main(["inspect", "-t", "config", odd, ...place], new Terminal({ stdout, stderr: collector(), signal }));
    expect(stdout.bytes().toString().slice(0, seen.length)).toBe(seen);
  });
});
