import type { LayerTrace, PullTrace, ReferenceTrace } from "@stowage/image-service";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { outcomeOf } from "./metrics-outcome.ts";
import { observe } from "./observe.ts";

/** From what is here already to what comes over a slow line in the night. */
const pullBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** Counts pulls, their phases and their bytes. */
export function addPullMetrics(registry: Registry): Disposable {
  const counting = new DisposableStack();
  counting.use(countPulls(registry));
  counting.use(timePhases(registry));
  counting.use(countBytes(registry));
  return counting;
}

function countPulls(registry: Registry): Disposable {
  const registers = [registry];
  const total = new Counter({
    name: "stowage_pulls_total",
    help: "Pulls that have ended; error is empty for a success, and else the kind of error, canceled or internal.",
    labelNames: ["result", "error"],
    registers,
  });
  const seconds = new Histogram({
    name: "stowage_pull_seconds",
    help: "How long pulls took, from the call to its end.",
    labelNames: ["result"],
    buckets: pullBuckets,
    registers,
  });
  const inProgress = new Gauge({ name: "stowage_pulls_in_progress", help: "Pulls that are under way.", registers });
  const skipped = new Counter({
    name: "stowage_skipped_bytes_total",
    help: "Bytes of layers, as they are at the registry, that pulls did not need to fetch because they were here.",
    registers,
  });
  total.inc({ result: "success", error: "" }, 0);
  return observe<PullTrace>("stowage.image.pull", {
    onStart: () => inProgress.inc(),
    onEnd({ isCanceled = false, skippedBytes = 0 }, ending) {
      const outcome = isCanceled ? { result: "failure", error: "canceled" } : outcomeOf(ending);
      inProgress.dec();
      total.inc(outcome);
      seconds.observe({ result: outcome.result }, ending.seconds);
      skipped.inc(skippedBytes);
    },
  });
}

const phases = {
  resolve: "stowage.image.resolve",
  wait: "stowage.layer.wait",
  fetch: "stowage.layer.fetch",
  unpack: "stowage.layer.unpack",
  commit: "stowage.image.commit",
} as const;

function timePhases(registry: Registry): Disposable {
  const seconds = new Histogram({
    name: "stowage_pull_phase_seconds",
    help: "How long a phase took: resolve and commit of a pull; wait for a turn, fetch and unpack of one layer.",
    labelNames: ["phase", "result"],
    buckets: pullBuckets,
    registers: [registry],
  });
  const timing = new DisposableStack();
  for (const [phase, channel] of Object.entries(phases)) {
    timing.use(
      observe<ReferenceTrace | LayerTrace>(channel, {
        onEnd: (_trace, ending) => seconds.observe({ phase, result: outcomeOf(ending).result }, ending.seconds),
      }),
    );
  }
  return timing;
}

function countBytes(registry: Registry): Disposable {
  const registers = [registry];
  const fetched = new Counter({
    name: "stowage_fetched_bytes_total",
    help: "Bytes of layers and files that came over the network, those of fetches that failed included.",
    registers,
  });
  const unpacked = new Counter({
    name: "stowage_unpacked_bytes_total",
    help: "Bytes of layers, as plain tar, that were unpacked.",
    registers,
  });
  const counting = new DisposableStack();
  type Bytes = LayerTrace & { readonly bytes: number };
  counting.use(observe<Bytes>("stowage.layer.fetch", { onEnd: ({ bytes }) => fetched.inc(bytes) }));
  counting.use(observe<Bytes>("stowage.layer.unpack", { onEnd: ({ bytes }) => unpacked.inc(bytes) }));
  return counting;
}
