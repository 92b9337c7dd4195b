import { StowageError } from "@stowage/errors";
import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { resolveUser } from "./index.ts";

const passwd = `root:x:0:0:root:/root:/bin/sh
# a comment: with a colon
broken line
app:x:1000:1001::/home/app:/bin/sh
homeless:x:1002:1002:::/bin/sh
odd:x:4294967296:1::/:/bin/sh
7up:x:7:7::/:/bin/sh`;
const group = "root:x:0:\napp:x:1001:\nextra:x:2000:other,app\nmore:x:2001:app\nwrong:x:many:app\n";
const database = { passwd, group };

test.for([
  { user: "", is: { uid: 0, gid: 0, additionalGids: [0], home: "/root" } },
  { user: "root", is: { uid: 0, gid: 0, additionalGids: [0], home: "/root" } },
  { user: "app", is: { uid: 1000, gid: 1001, additionalGids: [1001, 2000, 2001], home: "/home/app" } },
  { user: "1000", is: { uid: 1000, gid: 1001, additionalGids: [1001, 2000, 2001], home: "/home/app" } },
  { user: "app:extra", is: { uid: 1000, gid: 2000, additionalGids: [2000], home: "/home/app" } },
  { user: "app:5", is: { uid: 1000, gid: 5, additionalGids: [5], home: "/home/app" } },
  { user: "4321", is: { uid: 4321, gid: 0, additionalGids: [0], home: undefined } },
  { user: "4321:extra", is: { uid: 4321, gid: 2000, additionalGids: [2000], home: undefined } },
  { user: "homeless", is: { uid: 1002, gid: 1002, additionalGids: [1002], home: undefined } },
  { user: "7up", is: { uid: 7, gid: 7, additionalGids: [7], home: "/" } },
])("$user is $is", ({ user, is }) => {
  expect(resolveUser(user, database)).toMatchObject(is);
});

test.for([
  { user: "nobody", code: "not-found" },
  { user: "app:nobody", code: "not-found" },
  { user: "odd", code: "invalid-argument" },
  { user: "4294967296", code: "invalid-argument" },
  { user: "-1", code: "invalid-argument" },
  { user: "app:4294967296", code: "invalid-argument" },
])("$user is $code", ({ user, code }) => {
  expect(() => resolveUser(user, database)).toThrow(expect.objectContaining({ code }));
});

test("an image without users has those that are numbers", () => {
  expect(resolveUser("5:6", { passwd: "", group: "" })).toMatchObject({ uid: 5, gid: 6 });
});

test("any texts give a user whose ids are such, or a StowageError", () => {
  assert(
    property(string(), string(), string(), (user, users, groups) => {
      try {
        const { uid, gid, additionalGids } = resolveUser(user, { passwd: users, group: groups });
        for (const id of [uid, gid, ...additionalGids]) expect(id).toBeLessThanOrEqual(2_147_483_647);
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
