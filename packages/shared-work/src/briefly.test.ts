import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { briefly } from "./index.ts";

function counted(fails = false) {
  const asked: string[] = [];
  const work = async (key: string): Promise<string> => {
    asked.push(key);
    if (fails) throw new Error("no");
    return `${key} ${asked.length}`;
  };
  return { asked, work };
}

test("asks once for all who ask within the time, and again after it", async () => {
  const { asked, work } = counted();
  const find = briefly(work, 50);
  expect(await Promise.all([find("a"), find("a"), find("b")])).toEqual(["a 1", "a 1", "b 2"]);
  expect(await find("a")).toBe("a 1");
  await setTimeout(60);
  expect(await find("a")).toBe("a 3");
  expect(asked).toEqual(["a", "b", "a"]);
});

test("asks again at once after a failure, and always where there is no time", async () => {
  const failing = counted(true);
  const find = briefly(failing.work, 10_000);
  await expect(find("a")).rejects.toThrow("no");
  await expect(find("a")).rejects.toThrow("no");
  expect(failing.asked).toHaveLength(2);
  const { asked, work } = counted();
  const always = briefly(work, 0);
  await always("a");
  await always("a");
  expect(asked).toHaveLength(2);
});
