import { once } from "node:events";
import type { ServiceImpl } from "@connectrpc/connect";
import { type Health, ServingStatus } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import { linked } from "@stowage/shared-work";
import { streaming, unary } from "./status.ts";

/** Health of the server and of the services so named: well, until `leaving` aborts, which ends who watches it. */
export function healthMethods(services: readonly string[], leaving: AbortSignal): ServiceImpl<typeof Health> {
  const known = new Set(["", ...services]);
  const now = () => ({ status: leaving.aborted ? ServingStatus.NOT_SERVING : ServingStatus.SERVING });
  return {
    check: unary(async ({ service }) => {
      if (known.has(service)) return now();
      throw new StowageError("not-found", `Cannot tell the health of "${service}": it is not served here`);
    }),
    list: unary(async () => ({ statuses: Object.fromEntries([...known].map((service) => [service, now()])) })),
    watch: streaming(async function* ({ service }, { signal }) {
      const isKnown = known.has(service);
      yield isKnown ? now() : { status: ServingStatus.SERVICE_UNKNOWN };
      using either = linked(signal, leaving);
      await aborted(either.signal);
      if (isKnown && leaving.aborted) yield now(); // also where the signal has aborted since
    }),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
