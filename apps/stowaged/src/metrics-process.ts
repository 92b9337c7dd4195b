import { readdir } from "node:fs/promises";
import { Counter, Gauge, type Registry } from "prom-client";

/** What the process takes, under the names that Prometheus' clients agree on. Nothing is measured between two looks. */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Seconds of all processors that the process took.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process that is in RAM.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_open_fds",
    help: "Files and sockets that the process has open.",
    registers,
    async collect() {
      this.set((await readdir("/proc/self/fd")).length);
    },
  });
  const started = Math.round(Date.now() / 1000 - process.uptime());
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process began, in seconds since the epoch.",
    registers,
  }).set(started);
}
