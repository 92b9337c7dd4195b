import { expect, test } from "vitest";
import { RegistryUnavailableError } from "./index.ts";

test("names every host that failed, and how", () => {
  const failures = [
    { host: "mirror.example", reason: "it refuses the connection" },
    { host: "ghcr.io", reason: "it answers 503 Service Unavailable" },
  ];
  expect(new RegistryUnavailableError("pull ghcr.io/a/b:v1", failures)).toMatchObject({
    code: "unavailable",
    failures,
    message:
      "Cannot pull ghcr.io/a/b:v1: mirror.example: it refuses the connection; ghcr.io: it answers 503 Service Unavailable",
  });
});
