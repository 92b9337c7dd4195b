import { expect, test } from "vitest";
import { parseMountInfo, readMounts } from "./mount-table.ts";

test("reads every field, unescaped", () => {
  const line =
    "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - fuse.x /dev/a\\134b rw,lowerdir=/l1:/l\\0542,errors=continue";
  expect(parseMountInfo(`${line}\n`)).toEqual([
    {
      id: 36,
      parentId: 35,
      device: "98:0",
      root: "/mnt1",
      target: "/mnt 2",
      options: ["rw", "noatime"],
      type: "fuse.x",
      source: "/dev/a\\b",
      superOptions: ["rw", "lowerdir=/l1:/l,2", "errors=continue"],
    },
  ]);
});

test("reads a mount without optional fields and without a source", () => {
  expect(parseMountInfo("1 1 0:1 / / rw - rootfs  rw")).toMatchObject([{ type: "rootfs", source: "" }]);
});

test("leaves out what is no mount", () => {
  expect(parseMountInfo("\nnothing here\n1 2 3\n")).toEqual([]);
});

test("knows what is mounted on this machine", () => {
  const targets = readMounts().map((entry) => entry.target);
  expect(targets).toContain("/proc");
});
