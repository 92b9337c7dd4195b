import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPlace } from "../run-here.test.fixture.ts";

test("explaining makes no store where none is, also in a directory that is there", async () => {
  const { directory, ask } = await openPlace({ daemon: false });
  expect(await ask("explain", "alpine")).not.toHaveProperty("here");
  expect(existsSync(join(directory, "store"))).toBe(false);
  await mkdir(join(directory, "store"));
  expect(await ask("explain", "alpine")).toMatchObject({ reference: "docker.io/library/alpine:latest" });
  expect(existsSync(join(directory, "store/stowage.db"))).toBe(false);
});

test("a store that cannot be read keeps no name from being explained", async () => {
  const { directory, ask } = await openPlace({ daemon: false });
  await mkdir(join(directory, "store"));
  await writeFile(join(directory, "store/stowage.db"), "no database".repeat(1000));
  expect(await ask("explain", "alpine")).not.toHaveProperty("here");
});

test.for([
  { args: ["r.example/a:1"], url: "https://r.example/v2", scheme: "https" },
  { args: ["r.example/a:1", "--plain-http"], url: "http://r.example/v2", scheme: "http" },
  { args: ["127.0.0.1:5000/a:1"], url: "https://127.0.0.1:5000/v2", scheme: "https, then http" },
  { args: ["127.0.0.1:5000/a:1", "--plain-http"], url: "http://127.0.0.1:5000/v2", scheme: "http" },
])("explain $args tells of $url, by $scheme", async ({ args, url, scheme }) => {
  const { ask } = await openPlace({ daemon: false });
  expect(await ask("explain", ...args)).toMatchObject({ hosts: [{ url, scheme }] });
});
