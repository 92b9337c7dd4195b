import { type CallTrace, callChannel } from "@stowage/cri-server";
import { Counter, Histogram, type Registry } from "prom-client";
import { observe } from "./observe.ts";
import { type RequestTrace, requestChannel } from "./request-trace.ts";

/** Counts the calls that the daemon answers and the requests that it makes. */
export function addCallMetrics(registry: Registry): Disposable {
  const counting = new DisposableStack();
  counting.use(countCalls(registry));
  counting.use(countRequests(registry));
  return counting;
}

function countCalls(registry: Registry): Disposable {
  const registers = [registry];
  const total = new Counter({
    name: "stowage_grpc_calls_total",
    help: "Calls that have ended, by their full name and their gRPC status.",
    labelNames: ["method", "code"],
    registers,
  });
  const seconds = new Histogram({
    name: "stowage_grpc_call_seconds",
    help: "How long calls took, by their full name.",
    labelNames: ["method"],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60, 600],
    registers,
  });
  return observe<CallTrace>(callChannel, {
    onEnd({ service, method: name, status: code }, ending) {
      const method = `${service}/${name}`;
      total.inc({ method, code: code ?? "Unknown" });
      seconds.observe({ method }, ending.seconds);
    },
  });
}

function countRequests(registry: Registry): Disposable {
  const total = new Counter({
    name: "stowage_registry_requests_total",
    help: "Requests to registries and token servers, by the class of the status that was answered, or none.",
    labelNames: ["method", "status"],
    registers: [registry],
  });
  return observe<RequestTrace>(requestChannel, {
    onEnd: ({ method, status }) => total.inc({ method, status: classOf(status) }),
  });
}

function classOf(status: number | undefined): string {
  return status === undefined ? "none" : `${Math.trunc(status / 100)}xx`;
}
