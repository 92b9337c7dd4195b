import { type ImageService, isReady, type Traces } from "@stowage/image-service";
import { Counter, Gauge, type Registry } from "prom-client";
import { outcomeOf } from "./metrics-outcome.ts";
import { observe } from "./observe.ts";

export interface MetricsDependencies {
  readonly images: Pick<ImageService, "list" | "usage">;
}

/** What is in the store, as it is when somebody looks, and what is done to keep it. */
export function addStoreMetrics(registry: Registry, { images }: MetricsDependencies): Disposable {
  measureStore(registry, images);
  const counting = new DisposableStack();
  counting.use(countChecks(registry));
  counting.use(countRemovals(registry));
  return counting;
}

function measureStore(registry: Registry, images: MetricsDependencies["images"]): void {
  const registers = [registry];
  new Gauge({
    name: "stowage_store_bytes",
    help: "Disk that images, and what is kept beside them, take.",
    registers,
    async collect() {
      this.set((await images.usage()).bytes);
    },
  });
  new Gauge({
    name: "stowage_store_inodes",
    help: "Inodes that images, and what is kept beside them, take.",
    registers,
    async collect() {
      this.set((await images.usage()).inodes);
    },
  });
  new Gauge({
    name: "stowage_images",
    help: "Images that are here: ready, or damaged until they are pulled again.",
    labelNames: ["state"],
    registers,
    async collect() {
      const all = await images.list({ damagedToo: true });
      const ready = all.filter(isReady).length;
      this.set({ state: "ready" }, ready);
      this.set({ state: "damaged" }, all.length - ready);
    },
  });
}

function countChecks(registry: Registry): Disposable {
  const registers = [registry];
  const checks = new Counter({
    name: "stowage_checks_total",
    help: "Looks whether what images need is here: by sizes, or by digests, which reads everything.",
    labelNames: ["level", "result"],
    registers,
  });
  const findings = new Counter({
    name: "stowage_check_findings_total",
    help: "Blobs and layers that such looks found missing or not what they were.",
    registers,
  });
  return observe<Traces["stowage.store.check"]>("stowage.store.check", {
    onEnd(trace, ending) {
      checks.inc({ level: trace.level, result: outcomeOf(ending).result });
      findings.inc(trace.findings ?? 0);
    },
  });
}

function countRemovals(registry: Registry): Disposable {
  const registers = [registry];
  const collections = new Counter({
    name: "stowage_collections_total",
    help: "Times that the disk of what nobody holds was given back.",
    labelNames: ["result"],
    registers,
  });
  const removals = new Counter({
    name: "stowage_removals_total",
    help: "Calls to remove an image, those included that found none.",
    labelNames: ["result"],
    registers,
  });
  const counting = new DisposableStack();
  counting.use(
    observe("stowage.store.collect", {
      onEnd: (_trace, ending) => collections.inc({ result: outcomeOf(ending).result }),
    }),
  );
  counting.use(
    observe("stowage.image.remove", { onEnd: (_trace, ending) => removals.inc({ result: outcomeOf(ending).result }) }),
  );
  return counting;
}
