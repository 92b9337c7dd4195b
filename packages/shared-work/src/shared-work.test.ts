import { once } from "node:events";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { isStowageError, StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { SharedWork } from "./shared-work.ts";

const isRefusal = (error: unknown): boolean => isStowageError(error, "permission-denied");

type Work<Result> = (signal: AbortSignal) => Promise<Result>;

/** Somebody who wants the work, who may stop waiting for it, and who lets go of it at some time. */
function joinAs<Result>(shared: SharedWork<Result>, work: Work<Result>, key = "a layer") {
  const shares = new AsyncDisposableStack();
  const waiting = new AbortController();
  const result = shared.join(key, work, { signal: waiting.signal, shares });
  result.catch(() => undefined);
  return { result, stop: (reason: Error) => waiting.abort(reason), leave: () => shares.disposeAsync() };
}

/** Work that ends when it is told to, and keeps account of how often it was begun and whether it was stopped. */
function gated<Result>() {
  const gate = Promise.withResolvers<Result>();
  const signals: AbortSignal[] = [];
  const work: Work<Result> = (signal) => {
    signals.push(signal);
    return gate.promise;
  };
  return { ...gate, work, signals };
}

const unwanted = async (): Promise<never> => {
  throw new Error("this work was not to be begun");
};

test("does work once for all who want it while anybody holds a share", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, resolve, signals } = gated<string>();
  const one = joinAs(shared, work);
  const two = joinAs(shared, unwanted);
  resolve("done");
  expect(await Promise.all([one.result, two.result])).toEqual(["done", "done"]);
  await one.leave();
  expect(await joinAs(shared, unwanted).result).toBe("done");
  expect(signals).toHaveLength(1);
});

test("does work anew when all have left", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const one = joinAs(shared, async () => "before");
  expect(await one.result).toBe("before");
  await one.leave();
  expect(await joinAs(shared, async () => "after").result).toBe("after");
});

test("keeps works of different keys apart", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const layers = ["one", "two"].map((key) => joinAs(shared, async () => key, key).result);
  expect(await Promise.all(layers)).toEqual(["one", "two"]);
});

test("goes on for the others when the one who began it leaves", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, resolve, signals } = gated<string>();
  const reason = new Error("enough");
  const one = joinAs(shared, work);
  const two = joinAs(shared, unwanted);
  one.stop(reason);
  await expect(one.result).rejects.toBe(reason);
  await one.leave();
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  resolve("done");
  expect(await two.result).toBe("done");
});

test("is stopped by the last to leave, who waits for its end and is not told how it ended", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const told: string[] = [];
  const end = Promise.withResolvers<void>();
  const one = joinAs(shared, async (signal) => {
    await once(signal, "abort");
    told.push("stopping");
    await end.promise;
    told.push("stopped");
    throw signal.reason;
  });
  const two = joinAs(shared, unwanted);
  await one.leave();
  expect(told).toEqual([]);
  const left = two.leave().then(() => told.push("left"));
  await turnOfTheLoop();
  expect(told).toEqual(["stopping"]);
  end.resolve();
  await left;
  expect(told).toEqual(["stopping", "stopped", "left"]);
});

test("is begun anew beside work that is still being stopped, and shared by those who come then", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, resolve } = gated<string>();
  const one = joinAs(shared, work);
  const left = one.leave();
  const two = joinAs(shared, async () => "anew");
  expect(await two.result).toBe("anew");
  resolve("late");
  await left;
  expect(await joinAs(shared, unwanted).result).toBe("anew");
});

test("tries anew, with one's own authority, what somebody else began and failed", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, reject } = gated<string>();
  const refused = new StowageError("permission-denied", "Cannot pull: refused");
  const one = joinAs(shared, work);
  const two = joinAs(shared, async () => "by the second");
  const three = joinAs(shared, unwanted);
  reject(refused);
  await expect(one.result).rejects.toBe(refused);
  expect(await two.result).toBe("by the second");
  expect(await three.result).toBe("by the second");
});

test("fails everybody with the one failure that is not about who asked", async () => {
  const shared = new SharedWork<never>(isRefusal);
  const failure = new Error("the disk is full");
  const callers = [joinAs(shared, () => Promise.reject(failure)), joinAs(shared, unwanted), joinAs(shared, unwanted)];
  const ends = await Promise.allSettled(callers.map(({ result }) => result));
  expect(ends.map((end) => end.status === "rejected" && end.reason)).toEqual([failure, failure, failure]);
});

test("fails everybody who is refused with the refusal of their own try", async () => {
  const shared = new SharedWork<never>(isRefusal);
  const failures = ["one", "two", "three"].map((name) => new StowageError("permission-denied", name));
  const callers = failures.map((failure) => joinAs(shared, () => Promise.reject(failure)));
  const ends = await Promise.allSettled(callers.map(({ result }) => result));
  expect(ends.map((end) => end.status === "rejected" && end.reason)).toEqual(failures);
});

test("forgets work that failed, also while its share is held", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const failed = joinAs(shared, () => Promise.reject(new Error("the line was cut")));
  await expect(failed.result).rejects.toThrow("the line was cut");
  expect(await joinAs(shared, async () => "again").result).toBe("again");
  await failed.leave();
  expect(await joinAs(shared, unwanted).result).toBe("again");
});

test("begins nothing for a caller who is aborted already", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, signals } = gated<string>();
  const signal = AbortSignal.abort(new Error("enough"));
  await using shares = new AsyncDisposableStack();
  await expect(shared.join("a layer", work, { signal, shares })).rejects.toBe(signal.reason);
  expect(signals).toEqual([]);
});

test("does not try anew for a caller who is aborted when somebody else's work fails", async () => {
  const shared = new SharedWork<string>(isRefusal);
  const { work, reject } = gated<string>();
  const reason = new Error("enough");
  joinAs(shared, work);
  const two = joinAs(shared, unwanted);
  reject(new Error("the line was cut"));
  two.stop(reason);
  await expect(two.result).rejects.toBe(reason);
});

test("tells all who hold a share how far the work is, whoever began it, and nobody else", async () => {
  const shared = new SharedWork<string, number>();
  const { promise, resolve } = Promise.withResolvers<string>();
  let report: (progress: number) => void = () => undefined;
  const join = () => {
    const shares = new AsyncDisposableStack();
    const heard: number[] = [];
    const onProgress = (progress: number): void => void heard.push(progress);
    const work = (_signal: AbortSignal, tell: typeof report): Promise<string> => {
      report = tell;
      tell(0);
      return promise;
    };
    const result = shared.join("a layer", work, { signal: undefined, shares, onProgress });
    return { heard, result, leave: () => shares.disposeAsync() };
  };
  const one = join();
  report(1);
  report(2);
  const two = join();
  report(3);
  await one.leave();
  report(4);
  resolve("done");
  await two.result;
  await two.leave();
  report(5);
  expect([one.heard, two.heard]).toEqual([
    [0, 1, 2, 3],
    [2, 3, 4],
  ]);
});

test.for([
  { who: "who began the work", joins: ["throws", "listens"] },
  { who: "who came later", joins: ["listens", "throws"] },
])("fails $who alone with what their own onProgress throws", async ({ joins }) => {
  const shared = new SharedWork<string, number>(isRefusal);
  const { promise, resolve } = Promise.withResolvers<string>();
  const refused = new StowageError("permission-denied", "Cannot tell: refused");
  const heard: number[] = [];
  let report: (progress: number) => void = () => undefined;
  const work = (_signal: AbortSignal, tell: typeof report): Promise<string> => {
    report = tell;
    tell(0);
    return promise;
  };
  await using shares = new AsyncDisposableStack();
  const listeners: Readonly<Record<string, (progress: number) => void>> = {
    listens: (progress) => void heard.push(progress),
    throws: () => {
      throw refused;
    },
  };
  const join = (how: string) => shared.join("a layer", work, { signal: undefined, shares, onProgress: listeners[how] });
  const results = Promise.allSettled(joins.map(join));
  await turnOfTheLoop();
  report(1);
  resolve("done");
  const outcomes = await results;
  expect(heard).toEqual([0, 1]);
  expect(outcomes[joins.indexOf("throws")]).toMatchObject({ reason: refused });
  expect(outcomes[joins.indexOf("listens")]).toMatchObject({ value: "done" });
});

test("disposes of a result after the last share, once", async () => {
  const shared = new SharedWork<AsyncDisposable>(isRefusal);
  let disposals = 0;
  const staged = { [Symbol.asyncDispose]: async () => void (disposals += 1) };
  const one = joinAs(shared, async () => staged);
  const two = joinAs(shared, unwanted);
  expect(await Promise.all([one.result, two.result])).toEqual([staged, staged]);
  await one.leave();
  expect(disposals).toBe(0);
  await two.leave();
  expect(disposals).toBe(1);
});

test("disposes of a result that came although nobody waited any more", async () => {
  const shared = new SharedWork<AsyncDisposable>(isRefusal);
  const { work, resolve } = gated<AsyncDisposable>();
  let disposals = 0;
  const one = joinAs(shared, work);
  const left = one.leave();
  resolve({ [Symbol.asyncDispose]: async () => void (disposals += 1) });
  await left;
  expect(disposals).toBe(1);
});
