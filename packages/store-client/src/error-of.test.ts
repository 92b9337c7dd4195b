import { Code, ConnectError } from "@connectrpc/connect";
import { registryUnavailable, signatureValidationFailed, statusCodes } from "@stowage/cri-api";
import { type ErrorCode, StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { errorOf } from "./error-of.ts";

const codes = {
  "invalid-argument": Code.InvalidArgument,
  "not-found": Code.NotFound,
  "already-exists": Code.AlreadyExists,
  "permission-denied": Code.PermissionDenied,
  unauthenticated: Code.Unauthenticated,
  "resource-exhausted": Code.ResourceExhausted,
  "failed-precondition": Code.FailedPrecondition,
  "deadline-exceeded": Code.DeadlineExceeded,
  unavailable: Code.Unavailable,
  "data-loss": Code.DataLoss,
  internal: Code.Internal,
} as const satisfies Record<ErrorCode, Code>;

test("every kind of error has a status, and no two the same", () => {
  expect(statusCodes).toEqual(codes);
  expect(new Set(Object.values(statusCodes)).size).toBe(Object.keys(codes).length);
});

test.for(Object.entries(codes))("%s comes back as it was", ([code, status]) => {
  const told = new ConnectError("Cannot pull a: it is so", status);
  const error = errorOf(told);
  expect(error).toBeInstanceOf(StowageError);
  expect(error).toMatchObject({ code, message: "Cannot pull a: it is so", cause: told });
});

test("a registry that does not answer is unavailable again, without the word for the kubelet", () => {
  const told = new ConnectError(`${registryUnavailable}Cannot pull a: ghcr.io: 503`, Code.Unknown);
  expect(errorOf(told)).toMatchObject({ code: "unavailable", message: "Cannot pull a: ghcr.io: 503", cause: told });
});

test("an image that a policy refused is permission-denied again, without the word for the kubelet", () => {
  const told = new ConnectError(`${signatureValidationFailed}Cannot admit a: it is rejected`, Code.Unknown);
  expect(errorOf(told)).toMatchObject({
    code: "permission-denied",
    message: "Cannot admit a: it is rejected",
    cause: told,
  });
});

test.for([Code.Unknown, Code.Aborted, Code.OutOfRange, Code.Unimplemented])(
  "the status %i, which no error of the store has, is internal",
  (status) => {
    expect(errorOf(new ConnectError("Something else", status))).toMatchObject({
      code: "internal",
      message: "Something else",
    });
  },
);

test("a call that the daemon ended is unavailable", () => {
  const told = new ConnectError("The call was canceled", Code.Canceled);
  expect(errorOf(told)).toMatchObject({
    code: "unavailable",
    message: "Cannot call the daemon: it ended the call (The call was canceled)",
    cause: told,
  });
});

test.for([
  { errno: "ENOENT", code: "unavailable" },
  { errno: "ECONNREFUSED", code: "unavailable" },
  { errno: "ECONNRESET", code: "unavailable" },
  { errno: "EPIPE", code: "unavailable" },
  { errno: "EACCES", code: "permission-denied" },
  { errno: "EINVAL", code: "internal" },
])("a socket that fails with $errno is $code", ({ errno, code }) => {
  const cause = Object.assign(new Error(`connect ${errno}`), { code: errno });
  const told = new ConnectError(cause.message, Code.Internal, undefined, undefined, cause);
  expect(errorOf(told)).toMatchObject({ code, message: expect.stringContaining(`connect ${errno}`), cause: told });
});

test.for([new Error("a bug"), new StowageError("not-found", "Cannot find a"), "text", undefined])(
  "%o is no status, and is passed on as it came",
  (error) => {
    expect(errorOf(error)).toBe(error);
  },
);
