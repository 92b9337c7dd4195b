import { expect, test } from "vitest";
import { Broadcast } from "./broadcast.ts";

async function take<Event>(events: AsyncIterable<Event>, count: number): Promise<readonly Event[]> {
  const taken: Event[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}

test("tells everybody who listens everything, in its order", async () => {
  const numbers = new Broadcast<number>();
  const listeners = [take(numbers.listen(), 3), take(numbers.listen(), 3)];
  for (const number of [1, 2, 3]) numbers.publish(number);
  expect(await Promise.all(listeners)).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test("ends with the reason of the signal", async () => {
  const leaving = new AbortController();
  const listening = take(new Broadcast<number>().listen({ signal: leaving.signal }), 1);
  const reason = new Error("enough");
  leaving.abort(reason);
  await expect(listening).rejects.toBe(reason);
});

test("tells who is too slow that there is a gap, and keeps no more for them", async () => {
  const numbers = new Broadcast<number>();
  const events = numbers.listen();
  const first = events.next();
  numbers.publish(0);
  expect((await first).value).toBe(0);
  for (let number = 1; number <= 20_000; number += 1) numbers.publish(number);
  await expect(events.next()).rejects.toMatchObject({ code: "resource-exhausted" });
  expect(await events.next()).toMatchObject({ done: true });
});
