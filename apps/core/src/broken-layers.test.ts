import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { StowageError } from "@stowage/errors";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { digestOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const content = new TextEncoder().encode("a file that compresses, a file that compresses, a file that compresses\n");
const files = ["a", "b", "c"].map((name) => ({ kind: "file" as const, name, content }));
const whole = makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files }] }] });

/** The same image with a layer that says what it is, and is broken: cut off or with one bit turned. */
function broken(round: number): Pick<MadeImage, "root" | "documents" | "blobs"> {
  const [config = new Uint8Array(), layer = new Uint8Array()] = whole.blobs;
  const at = (round * 7919) % layer.byteLength;
  const bytes =
    round % 2 === 0
      ? layer.slice(0, at)
      : layer.map((byte, index) => (index === at ? byte ^ (1 << (round % 8)) : byte));
  const manifest: { layers: readonly object[] } = JSON.parse(Buffer.from(whole.root.bytes).toString("utf8"));
  const described = { ...manifest.layers[0], digest: digestOf(bytes), size: bytes.byteLength };
  const root = Buffer.from(JSON.stringify({ ...manifest, layers: [described] }));
  return { root: { ...whole.root, bytes: root }, documents: [], blobs: [config, bytes] };
}

// CVE-2021-20291: a malformed layer must not stop a store.
test("a thousand broken layers are refused one by one, and leave nothing but room for the next pull", async () => {
  const registry = await scratchRegistry();
  const root = await scratchDirectory();
  const { images } = await scratchStore(root);
  const pull = (round: number) => {
    registry.putImage("broken", String(round), broken(round));
    return images.pull(parseReference(`${registry.host}/broken:${round}`), { platform });
  };
  for (let round = 0; round < 1000; round += 8) {
    const rounds = Array.from({ length: Math.min(8, 1000 - round) }, (_, index) => round + index);
    for (const outcome of await Promise.allSettled(rounds.map(pull))) {
      if (outcome.status === "fulfilled") continue; // a turned bit in the header of gzip changes no file
      expect(outcome.reason).toBeInstanceOf(StowageError);
      expect(outcome.reason).toMatchObject({
        code: expect.stringMatching(/^(?:invalid-argument|failed-precondition)$/),
      });
    }
  }
  for (const image of await images.list()) await images.remove(image.id);
  expect(await readdir(join(root, "content", "ingest"))).toEqual([]);
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
  registry.putImage("whole", "1", whole);
  expect(await images.pull(parseReference(`${registry.host}/whole:1`), { platform })).toMatchObject({ damage: [] });
  expect((await images.account()).unaccounted.paths).toEqual([]);
}, 180_000);
