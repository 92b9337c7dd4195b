import type { ImageEvent } from "@stowage/image-service";
import { digestOf } from "@stowage/oci";
import { type Logger, pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { logPulls } from "./log-pulls.ts";

const reference = "docker.io/library/a:1";
const about = { pull: "p1", reference };
const layer = { kind: "layer", digest: digestOf("layer"), phase: "fetching", bytes: 30, size: 90 } as const;

/** A log in memory, and events that are told when they are given. */
function scene() {
  const lines: unknown[] = [];
  const log: Logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { readable, writable } = new TransformStream<ImageEvent>();
  const writer = writable.getWriter();
  const images = {
    watch: async function* ({ signal }: { readonly signal?: AbortSignal | undefined } = {}) {
      signal?.addEventListener("abort", () => void writer.close().catch(() => undefined));
      yield* readable;
    },
  };
  const logging = logPulls(log, images, { everyMilliseconds: 20 });
  onTestFinished(() => logging[Symbol.asyncDispose]());
  return { lines, tell: (event: ImageEvent) => writer.write(event), fail: (error: Error) => writer.abort(error) };
}

test("tells again and again how far a pull is, and then no more", async () => {
  const { lines, tell } = scene();
  await tell({ kind: "pull-started", ...about });
  await tell({ kind: "pull-progress", ...about, event: layer });
  await expect.poll(() => lines.length).toBeGreaterThan(1);
  expect(lines[0]).toMatchObject({ msg: "pulling", reference, bytes: 30, size: 90, layers: { fetching: 1 } });
  await tell({ kind: "pull-succeeded", ...about, id: digestOf("id") });
  await expect.poll(() => lines.at(-1)).toMatchObject({ msg: "pulled", id: digestOf("id"), bytes: 30 });
  const count = lines.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(lines).toHaveLength(count);
});

test("pulls of the same image at once are told apart", async () => {
  const { lines, tell } = scene();
  await tell({ kind: "pull-started", ...about });
  await tell({ kind: "pull-started", pull: "p2", reference });
  await tell({ kind: "pull-progress", pull: "p2", reference, event: layer });
  await tell({ kind: "pull-failed", ...about, why: "Cannot pull: no" });
  await tell({ kind: "pull-failed", pull: "p2", reference, why: "Cannot pull: no" });
  await expect
    .poll(() => lines.filter((line) => JSON.stringify(line).includes("pull failed")))
    .toMatchObject([{ bytes: 0, why: "Cannot pull: no" }, { bytes: 30 }]);
});

test("says so where it can tell of pulls no more", async () => {
  const { lines, fail } = scene();
  await fail(new Error("too slow"));
  await expect.poll(() => lines).toMatchObject([{ level: 40, msg: "pulls are not told of any more" }]);
});
