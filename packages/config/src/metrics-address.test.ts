import { expect, test } from "vitest";
import { metricsAddressOf } from "./index.ts";

const address = "/run/stowage/stowage.sock";

test.for([
  { set: undefined, means: { kind: "socket", path: "/run/stowage/stowage-metrics.sock" } },
  { set: "/run/m.sock", means: { kind: "socket", path: "/run/m.sock" } },
  { set: "127.0.0.1:9090", means: { kind: "tcp", host: "127.0.0.1", port: 9090 } },
  { set: "[::1]:9090", means: { kind: "tcp", host: "::1", port: 9090 } },
  { set: "localhost:1", means: { kind: "tcp", host: "localhost", port: 1 } },
  { set: "none", means: undefined },
])("serves metrics at $means where the address is $set", ({ set, means }) => {
  expect(metricsAddressOf({ address, metrics: { address: set } })).toEqual(means);
});

test("finds a socket beside one that is not called .sock", () => {
  const metrics = { address: undefined };
  expect(metricsAddressOf({ address: "/run/images", metrics })).toEqual({
    kind: "socket",
    path: "/run/images-metrics",
  });
});

test("refuses an address that the settings would not have taken", () => {
  expect(() => metricsAddressOf({ address, metrics: { address: "0.0.0.0:9090" } })).toThrow(
    expect.objectContaining({ code: "invalid-argument" }),
  );
});

test.for([
  { what: "that fits", length: 99, path: `/${"a".repeat(93)}-metrics.sock` },
  { what: "that would be too long for one", length: 100, path: undefined },
])("of a daemon's socket whose path has $length bytes, the one beside it is one $what", ({ length, path }) => {
  const long = `/${"a".repeat(length - "/.sock".length)}.sock`;
  const found = metricsAddressOf({ address: long, metrics: { address: undefined } });
  expect(found).toEqual(path === undefined ? undefined : { kind: "socket", path });
});
