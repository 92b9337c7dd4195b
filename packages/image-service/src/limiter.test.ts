import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Claim, Limiter, type Widths } from "./limiter.ts";

const equal = (width: number): Widths => ({ all: width, registry: width });

/** Work that goes on until its `end` is called; `begun` tells who has had a turn, in order. */
function worksIn(limiter: Limiter) {
  const begun: string[] = [];
  const start = (name: string, claim: Partial<Claim> = {}) => {
    const gate = Promise.withResolvers<string>();
    const work = async () => {
      using _turn = await limiter.take({ registry: "r.example", pull: "p", ...claim });
      begun.push(name);
      return await gate.promise;
    };
    const result = work();
    result.catch(() => undefined);
    return { result, end: () => gate.resolve(name), fail: gate.reject };
  };
  return { begun, start };
}

test("lets as many go on as it is wide, the others in the order they came", async () => {
  const { begun, start } = worksIn(new Limiter(equal(2)));
  const [one, two, three, four] = ["one", "two", "three", "four"].map((name) => start(name));
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "two"]);
  two?.end();
  expect(await two?.result).toBe("two");
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "two", "three"]);
  for (const work of [one, three, four]) work?.end();
  expect(await four?.result).toBe("four");
  expect(begun).toEqual(["one", "two", "three", "four"]);
});

test("is as wide again when all have ended", async () => {
  const limiter = new Limiter(equal(2));
  const first = worksIn(limiter);
  const works = ["one", "two", "three"].map((name) => first.start(name));
  for (const { end, result } of works) {
    end();
    await result;
  }
  const second = worksIn(limiter);
  for (const name of ["four", "five", "six"]) second.start(name);
  await turnOfTheLoop();
  expect(second.begun).toEqual(["four", "five"]);
});

test("passes on the failure of work, and its turn to the next", async () => {
  const { begun, start } = worksIn(new Limiter(equal(1)));
  const failure = new Error("the line was cut");
  const one = start("one");
  const two = start("two");
  one.fail(failure);
  await expect(one.result).rejects.toBe(failure);
  two.end();
  expect(await two.result).toBe("two");
  expect(begun).toEqual(["one", "two"]);
});

test("lets who is aborted leave the queue with the reason, and gives nobody a turn for it", async () => {
  const { begun, start } = worksIn(new Limiter(equal(1)));
  const controller = new AbortController();
  const reason = new Error("enough");
  const one = start("one");
  const two = start("two");
  const three = start("three", { signal: controller.signal });
  const four = start("four");
  controller.abort(reason);
  await expect(three.result).rejects.toBe(reason);
  await turnOfTheLoop();
  expect(begun).toEqual(["one"]);
  for (const work of [one, two, four]) work.end();
  expect(await four.result).toBe("four");
  expect(begun).toEqual(["one", "two", "four"]);
});

test("takes no turn for who is aborted already", async () => {
  const { begun, start } = worksIn(new Limiter(equal(1)));
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(start("one", { signal }).result).rejects.toBe(signal.reason);
  const two = start("two");
  two.end();
  expect(await two.result).toBe("two");
  expect(begun).toEqual(["two"]);
});

// Leaving and getting one's turn each take some microtasks: whichever comes first, and however closely.
test.for([-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6])(
  "passes on a turn that comes %d microtasks after its owner is aborted",
  async (distance) => {
    const { start } = worksIn(new Limiter(equal(1)));
    const controller = new AbortController();
    const one = start("one");
    const two = start("two", { signal: controller.signal });
    const three = start("three");
    for (const work of [two, three]) work.end();
    await turnOfTheLoop();
    const steps = [() => controller.abort(new Error("enough")), one.end];
    for (const step of distance < 0 ? steps.toReversed() : steps) {
      step();
      for (let at = 0; at < Math.abs(distance); at += 1) await Promise.resolve();
    }
    await Promise.allSettled([one.result, two.result]);
    expect(await Promise.race([three.result, turnOfTheLoop("stuck")])).toBe("three");
  },
);

test("gives a registry no more than its width, and leaves the rest to the others", async () => {
  const { begun, start } = worksIn(new Limiter({ all: 3, registry: 2 }));
  const slow = ["a", "b", "c", "d"].map((name) => start(name, { registry: "slow.example" }));
  const other = start("other", { registry: "other.example" });
  await turnOfTheLoop();
  expect(begun).toEqual(["a", "b", "other"]);
  other.end();
  await other.result;
  await turnOfTheLoop();
  expect(begun).toEqual(["a", "b", "other"]);
  slow[0]?.end();
  await slow[0]?.result;
  await turnOfTheLoop();
  expect(begun).toEqual(["a", "b", "other", "c"]);
});

test("takes registries in turn, and in each the pulls: an image of many layers does not starve one of a single layer", async () => {
  const { begun, start } = worksIn(new Limiter({ all: 1, registry: 1 }));
  const first = start("first", { registry: "a.example", pull: "many" });
  const many = ["a1", "a2", "a3"].map((name) => start(name, { registry: "a.example", pull: "many" }));
  const single = start("single", { registry: "a.example", pull: "single" });
  const works = [first, ...many, single];
  for (const work of works) work.end();
  await Promise.all(works.map(({ result }) => result));
  expect(begun).toEqual(["first", "a1", "single", "a2", "a3"]);

  const wide = worksIn(new Limiter({ all: 2, registry: 2 }));
  wide.start("a1", { pull: "many" });
  const ends = wide.start("a2", { pull: "many" });
  wide.start("a3", { pull: "many" });
  wide.start("b1", { pull: "single" });
  ends.end();
  await turnOfTheLoop();
  expect(wide.begun).toEqual(["a1", "a2", "b1"]);
});

test("registries that stall with all their turns starve nobody: each other gets a turn at once, though not without end", async () => {
  const { begun, start } = worksIn(new Limiter({ all: 6, registry: 3 }));
  const claims = (registry: string) => ["1", "2", "3", "4", "5"].map((at) => start(`${registry} ${at}`, { registry }));
  const [, slow] = [claims("stalls"), claims("trickles")];
  const [good] = claims("good");
  await turnOfTheLoop();
  expect(begun.slice(6)).toEqual(["good 1"]);
  good?.end();
  await good?.result;
  await turnOfTheLoop();
  expect(begun.slice(7)).toEqual(["good 2"]);
  slow[0]?.end();
  await turnOfTheLoop();
  expect(begun).toHaveLength(8); // six go on
  for (const at of Array.from({ length: 20 }).keys()) start(`other ${at}`, { registry: `${at}.example` });
  await turnOfTheLoop();
  expect(begun).toHaveLength(8 + 6); // twelve go on
});

test("a turn that is given back twice is given back once", async () => {
  const limiter = new Limiter(equal(1));
  const take = () => limiter.take({ registry: "r.example", pull: "p" });
  const turn = await take();
  turn[Symbol.dispose]();
  const second = await take();
  const { begun, start } = worksIn(limiter);
  const third = start("third");
  turn[Symbol.dispose]();
  await turnOfTheLoop();
  expect(begun).toEqual([]);
  second[Symbol.dispose]();
  await turnOfTheLoop();
  expect(begun).toEqual(["third"]);
  third.end();
});

test("takes twenty thousand claims and lets all through whose owners do not leave", async () => {
  const limiter = new Limiter({ all: 6, registry: 3 });
  const work = async (at: number): Promise<void> => {
    const leaving = new AbortController();
    const taking = limiter.take({ registry: `${at % 10}.example`, pull: `p${at % 50}`, signal: leaving.signal });
    if (at % 4 === 0) leaving.abort(new Error("enough"));
    using _turn = await taking;
    await turnOfTheLoop();
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 20_000 }, (_, at) => work(at)));
  const stayed = outcomes.filter((_, at) => at % 4 !== 0);
  expect(stayed.filter(({ status }) => status === "fulfilled")).toHaveLength(15_000);
});

test("is wider at once when it is told to be", async () => {
  const limiter = new Limiter(equal(1));
  const { begun, start } = worksIn(limiter);
  for (const name of ["one", "two", "three"]) start(name);
  limiter.widen(equal(3));
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "two", "three"]);
});
