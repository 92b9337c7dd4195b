import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { Case, CaseContext } from "./case.ts";
import { type Dripping, dripBlobs } from "./dripping.ts";
import { DifferenceError, expectEqual, expectFailure, expectThat } from "./expectation.ts";

/** Long enough for a pull to reach its layers, short enough to be no pull's own end. */
const shortMilliseconds = 500;

/** How long work may go on that nobody waits for. */
const endMilliseconds = 5_000;

export const cancellationCases: readonly Case[] = [
  {
    name: "a pull that a client's timeout ends is DeadlineExceeded, and leaves no image",
    source: "critest",
    async run({ client, offer, registry }) {
      const { name } = offer();
      dripBlobs(registry);
      const call = client.pull(name, {}, { timeoutMilliseconds: shortMilliseconds });
      await expectFailure(call, { code: status.DEADLINE_EXCEEDED });
      expectEqual("the image:", await client.status(name), undefined);
    },
  },
  {
    name: "a timeout that is over at once is DeadlineExceeded",
    source: "critest",
    async run({ client, offer }) {
      const call = client.pull(offer().name, {}, { timeoutMilliseconds: 1 });
      await expectFailure(call, { code: status.DEADLINE_EXCEEDED });
    },
  },
  {
    name: "the work of a pull ends with the client's timeout",
    source: "cri-v1 rule 4.6",
    async run({ client, offer, registry }) {
      const drops = dripBlobs(registry);
      const call = client.pull(offer().name, {}, { timeoutMilliseconds: shortMilliseconds });
      await expectFailure(call, { code: status.DEADLINE_EXCEEDED });
      await expectEnded(drops);
    },
  },
  {
    name: "a pull that its client cancels is Canceled, its work ends, and it leaves no image",
    source: "cri-v1 rule 4.6",
    async run(context) {
      const { call, name, drops, leave } = await startDripping(context);
      leave();
      await expectFailure(call, { code: status.CANCELLED });
      await expectEnded(drops);
      expectEqual("the image:", await context.client.status(name), undefined);
    },
  },
  {
    name: "a pull whose connection is lost ends its work",
    source: "cri-v1 rule 4.5",
    async run({ connectThrough, offer, registry }) {
      const drops = dripBlobs(registry);
      const { client, cut } = await connectThrough();
      const call = client.pull(offer().name);
      await Promise.race([drops.begun, call]);
      cut();
      await expectFailure(call, { code: status.UNAVAILABLE });
      await expectEnded(drops);
    },
  },
  {
    name: "a pull that one of two clients leaves goes on for the other",
    source: "cri-v1 rule 4.5",
    async run(context) {
      const { call, name, drops, leave } = await startDripping(context);
      const { signal, abort } = leaving();
      const other = context.connect().pull(name, {}, { signal });
      other.catch(() => undefined);
      await delay(shortMilliseconds / 2);
      leave();
      await expectFailure(call, { code: status.CANCELLED });
      await delay(shortMilliseconds / 2);
      expectThat("the other's blobs on their way", drops.open > 0, drops.open);
      abort();
      await expectFailure(other, { code: status.CANCELLED });
      await expectEnded(drops);
    },
  },
  {
    name: "other calls are answered while a pull stalls",
    source: "cri-v1 rule 4.5",
    async run(context) {
      const { call, name, leave } = await startDripping(context);
      const soon = { timeoutMilliseconds: shortMilliseconds };
      const { client } = context;
      await client.list(undefined, soon);
      await client.fsInfo(soon);
      expectEqual("the image:", await client.status(name, soon), undefined);
      await client.remove(`${context.registry.host}/absent:v1`, soon);
      leave();
      await expectFailure(call, { code: status.CANCELLED });
    },
  },
];

async function startDripping({ client, offer, registry }: CaseContext) {
  const { name } = offer();
  const drops = dripBlobs(registry);
  const { signal, abort: leave } = leaving();
  const call = client.pull(name, {}, { signal });
  call.catch(() => undefined);
  await Promise.race([drops.begun, call]);
  return { call, name, drops, leave };
}

function leaving() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

async function expectEnded(drops: Dripping): Promise<void> {
  const until = performance.now() + endMilliseconds;
  while (drops.open > 0) {
    if (performance.now() > until)
      throw new DifferenceError("connections to the registry closed", `${drops.open} still open`);
    await delay(20);
  }
}
