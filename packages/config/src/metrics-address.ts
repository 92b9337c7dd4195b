import { StowageError } from "@stowage/errors";
import type { Settings } from "./settings.ts";

/** Where to listen; the host of a port has no brackets. */
export type MetricsAddress =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/**
 * Where metrics are served: as set, or on a socket beside that of the daemon; `undefined` where they are not, because nobody
 * wants them, or because the path of that socket would be too long for one.
 */
export function metricsAddressOf({
  address,
  metrics,
}: Pick<Settings, "address" | "metrics">): MetricsAddress | undefined {
  if (metrics.address === "none") return undefined;
  if (metrics.address === undefined) return parseMetricsAddress(besideSocket(address));
  const found = parseMetricsAddress(metrics.address);
  if (found !== undefined) return found;
  throw new StowageError("invalid-argument", "Cannot serve metrics: their address is no path and no port of loopback");
}

/** Reads an absolute path, or `host:port` where the host is loopback: metrics tell names of images, and ask nobody who he is. */
export function parseMetricsAddress(text: string): MetricsAddress | undefined {
  if (isSocketPath(text)) return { kind: "socket", path: text };
  const { host, port } = /^(?<host>127\.0\.0\.1|\[::1\]|localhost):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { kind: "tcp", host: host.replaceAll(/[[\]]/g, ""), port: Number(port) };
}

/** What the kernel has room for, without the byte that ends it (unix(7), `sun_path`). */
const maxSocketPathBytes = 107;

/** Whether a unix socket can be at an absolute path: longer ones exist, but cannot be listened on. */
export function isSocketPath(text: string): boolean {
  return text.startsWith("/") && Buffer.byteLength(text) <= maxSocketPathBytes;
}

function besideSocket(address: string): string {
  return address.endsWith(".sock") ? `${address.slice(0, -".sock".length)}-metrics.sock` : `${address}-metrics`;
}
