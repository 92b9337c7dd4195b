import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { Code, ConnectError, createHandlerContext } from "@connectrpc/connect";
import { AdmissionRefusedError } from "@stowage/admission";
import { ImageService } from "@stowage/cri-api";
import { type ErrorCode, StowageError } from "@stowage/errors";
import { parseReference } from "@stowage/reference";
import { RegistryUnavailableError } from "@stowage/registry";
import { expect, onTestFinished, test } from "vitest";
import { type CallTrace, callChannel } from "./call-trace.ts";
import { statusOf, streaming, unary } from "./status.ts";

const going = new AbortController().signal;

test.for<{ code: ErrorCode; status: Code }>([
  { code: "invalid-argument", status: Code.InvalidArgument },
  { code: "not-found", status: Code.NotFound },
  { code: "already-exists", status: Code.AlreadyExists },
  { code: "permission-denied", status: Code.PermissionDenied },
  { code: "unauthenticated", status: Code.Unauthenticated },
  { code: "resource-exhausted", status: Code.ResourceExhausted },
  { code: "failed-precondition", status: Code.FailedPrecondition },
  { code: "deadline-exceeded", status: Code.DeadlineExceeded },
  { code: "unavailable", status: Code.Unavailable },
  { code: "data-loss", status: Code.DataLoss },
  { code: "internal", status: Code.Internal },
])("$code has its own status, and is told in its own words", ({ code, status }) => {
  const told = statusOf(new StowageError(code, "Cannot pull a: it is so"), going);
  expect(told).toBeInstanceOf(ConnectError);
  expect(told).toMatchObject({ code: status, rawMessage: "Cannot pull a: it is so" });
});

test("a registry that does not answer is Unknown, and the word that the kubelet looks for stands first", () => {
  const error = new RegistryUnavailableError("pull a/b:v1", [{ host: "ghcr.io", reason: "503" }]);
  const told = statusOf(error, going);
  expect(told.code).toBe(Code.Unknown);
  expect(told.rawMessage).toBe("RegistryUnavailable: Cannot pull a/b:v1: ghcr.io: 503");
});

test("CRI-24: an image that a policy refused is Unknown, and the word that the kubelet looks for stands first", () => {
  const error = new AdmissionRefusedError(parseReference("a.example/b:v1"), "it is rejected");
  const told = statusOf(error, going);
  expect(told.code).toBe(Code.Unknown);
  expect(told.rawMessage).toBe("SignatureValidationFailed: Cannot admit a.example/b:v1: it is rejected");
});

test("what is unavailable for another reason is not blamed on the registry", () => {
  const told = statusOf(new StowageError("unavailable", "Cannot list images: the store is not open yet"), going);
  expect(told.code).toBe(Code.Unavailable);
  expect(told.rawMessage).not.toMatch(/^RegistryUnavailable/);
});

test.for([
  new Error("canary: a bug"),
  new TypeError("canary is not a function"),
  Object.assign(new Error("canary"), { code: "EIO" }),
  new ConnectError("canary", Code.NotFound),
  "canary",
  undefined,
])("%o was not foreseen: it is Internal, and nothing of it is told", (error) => {
  const told = statusOf(error, going);
  expect(told.code).toBe(Code.Internal);
  expect(told.rawMessage).toBe("Internal error");
  expect(told.details).toEqual([]);
  expect(inspect([...told.metadata])).not.toContain("canary");
  expect(told.cause).toBe(error);
});

test("a call that the client left is Canceled", () => {
  const signal = AbortSignal.abort(new Error("canary: the stream was closed"));
  expect(statusOf(signal.reason, signal)).toMatchObject({ code: Code.Canceled, rawMessage: "The call was canceled" });
});

test("a call whose deadline has passed is DeadlineExceeded", () => {
  const signal = AbortSignal.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
  expect(statusOf(signal.reason, signal)).toMatchObject({
    code: Code.DeadlineExceeded,
    rawMessage: "The deadline of the call has passed",
  });
});

test.for<{ what: string; error: unknown; status: Code }>([
  {
    what: "what failed",
    error: new StowageError("not-found", "Cannot pull a: it is not there"),
    status: Code.NotFound,
  },
  { what: "a bug", error: new Error("a bug"), status: Code.Internal },
])("$what before the client left is told as it was", ({ error, status }) => {
  expect(statusOf(error, AbortSignal.abort(new Error("the stream was closed"))).code).toBe(status);
});

test("a reason of a signal that is not that of the call is an error like any other", () => {
  const other = AbortSignal.abort(new Error("somebody else left"));
  expect(statusOf(other.reason, going).code).toBe(Code.Internal);
});

test.for([
  { how: "to its end", take: 3, status: "OK" },
  { how: "until the client leaves", take: 1, status: "Canceled" },
])("a call of many answers that is read $how is told of once, as $status", async ({ take, status }) => {
  const told: unknown[] = [];
  const hear = (event: unknown) => void told.push(event);
  const ended = `tracing:${callChannel}:asyncEnd`;
  subscribe(ended, hear);
  onTestFinished(() => void unsubscribe(ended, hear));
  const count = streaming(async function* () {
    yield* [1, 2];
  });
  for await (const answer of count({}, contextOf())) if (answer === take) break;
  expect(told).toEqual([
    { service: "runtime.v1.ImageService", method: "StreamImages", traceparent, status, ...cancelMessage(status) },
  ]);
});

test("each part of a call is within what was bound to its begin, and so is nothing else", async () => {
  const storage = new AsyncLocalStorage<CallTrace>();
  const { start } = tracingChannel<CallTrace>(callChannel);
  start.bindStore(storage);
  onTestFinished(() => void start.unbindStore(storage));
  const seen: unknown[] = [];
  const look = streaming(async function* () {
    for (const answer of [1, 2]) {
      seen.push(storage.getStore()?.method);
      await setImmediate();
      seen.push(storage.getStore()?.method);
      yield answer;
    }
  });
  for await (const _answer of look({}, contextOf())) expect(storage.getStore()).toBeUndefined();
  await unary(async () => seen.push(storage.getStore()?.method))({}, contextOf());
  expect(seen).toEqual(Array.from({ length: 5 }, () => "StreamImages"));
});

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function cancelMessage(status: string): object {
  return status === "OK" ? {} : { message: "The call was canceled", cause: undefined };
}

function contextOf() {
  return createHandlerContext({
    service: ImageService,
    method: ImageService.method.streamImages,
    protocolName: "grpc",
    requestMethod: "POST",
    requestHeader: { traceparent },
    url: "http://localhost",
  });
}
