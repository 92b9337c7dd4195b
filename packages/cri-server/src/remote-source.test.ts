import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { type LoadRequest, LoadRequestSchema, statusCodes } from "@stowage/cri-api";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { type LoadAsk, RemoteSource } from "./remote-source.ts";

type Step = LoadRequest["step"];

const digest = digestOf("a blob");
const root = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digestOf("a manifest"), size: 1 };

/** A source whose client does as it is told, and what it was asked. */
function startSource() {
  const asks: LoadAsk[] = [];
  const source = new RemoteSource({ root, names: [] }, (ask) => asks.push(ask));
  const steps: Step[] = [];
  let wake = Promise.withResolvers<void>();
  let hasLeft = false;
  async function* requests(): AsyncGenerator<LoadRequest, void, undefined> {
    for (;;) {
      for (let step = steps.shift(); step !== undefined; step = steps.shift())
        yield create(LoadRequestSchema, { step });
      if (hasLeft) return;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  }
  void source.listen(requests());
  const send = async (...more: readonly Step[]): Promise<void> => {
    steps.push(...more);
    wake.resolve();
    await turnOfTheLoop();
  };
  const leave = async (): Promise<void> => {
    hasLeft = true;
    await send();
  };
  return { asks, source, send, leave };
}

const bytes = (read: number, ...data: readonly number[]): Step => ({
  case: "bytes",
  value: { $typeName: "stowage.v1.LoadBytes", read, data: new Uint8Array(data) },
});
const end = (read: number, code = 0, message = ""): Step => ({
  case: "end",
  value: { $typeName: "stowage.v1.LoadEnd", read, code, message },
});

test("asks for some messages ahead, and for one more for each that is taken", async () => {
  const { asks, source, send } = startSource();
  const reading = source.read(digest, 7);
  const first = reading.next();
  expect(asks).toMatchObject([{ case: "open", value: { digest, from: 7n } }, ...Array(3).fill({ case: "more" })]);
  await send(bytes(1, 1, 2), bytes(1, 3));
  expect(await first).toMatchObject({ value: new Uint8Array([1, 2]) });
  expect(await reading.next()).toMatchObject({ value: new Uint8Array([3]) });
  expect(asks.filter((ask) => ask.case === "more")).toHaveLength(4);
  await send(end(1));
  expect(await reading.next()).toMatchObject({ done: true });
  expect(asks.at(-1)).toMatchObject({ case: "close", value: { read: 1 } });
});

test("reads side by side do not mix, and one that is left is closed", async () => {
  const { asks, source, send } = startSource();
  const [one, two] = [source.read(digest, 0), source.read(digest, 0)];
  const firsts = [one.next(), two.next()];
  await send(bytes(2, 2), bytes(1, 1), bytes(9, 9));
  expect((await Promise.all(firsts)).map(({ value }) => value)).toEqual([new Uint8Array([1]), new Uint8Array([2])]);
  await one.return();
  expect(asks.filter((ask) => ask.case === "close")).toMatchObject([{ value: { read: 1 } }]);
  await send(bytes(1, 1), bytes(2, 2));
  expect((await two.next()).value).toEqual(new Uint8Array([2]));
});

test.for<{ what: string; steps: readonly Step[]; code: string }>([
  { what: "says that it has no such blob", steps: [end(1, statusCodes["not-found"], "gone")], code: "not-found" },
  { what: "sends more than was asked for", steps: Array(9).fill(bytes(1, 1)), code: "invalid-argument" },
  { what: "ends with a number that stands for nothing", steps: [end(1, 999, "odd")], code: "unavailable" },
])("a client that $what fails the read", async ({ steps, code }) => {
  const { source, send } = startSource();
  const reading = Array.fromAsync(source.read(digest, 0));
  reading.catch(() => undefined);
  await send(...steps);
  await expect(reading).rejects.toMatchObject({ code });
});

test("a client that leaves fails the reads that go on, and those that come after", async () => {
  const { source, leave } = startSource();
  const reading = Array.fromAsync(source.read(digest, 0));
  reading.catch(() => undefined);
  await leave();
  await expect(reading).rejects.toMatchObject({ code: "unavailable" });
  await expect(source.read(digest, 0).next()).rejects.toMatchObject({ code: "unavailable" });
});

test("stops with the reason of the signal", async () => {
  const { asks, source } = startSource();
  const reason = new Error("enough");
  const stopping = new AbortController();
  const reading = source.read(digest, 0, { signal: stopping.signal }).next();
  stopping.abort(reason);
  await expect(reading).rejects.toBe(reason);
  expect(asks.at(-1)).toMatchObject({ case: "close" });
});
