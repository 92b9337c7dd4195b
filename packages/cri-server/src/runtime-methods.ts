import type { ServiceImpl } from "@connectrpc/connect";
import { CgroupDriver, type RuntimeService } from "@stowage/cri-api";
import { unary } from "./status.ts";

export interface RuntimeMethodsSettings {
  /** Of stowage, a semantic version. */
  readonly version: string;
  readonly cgroupDriver: "systemd" | "cgroupfs";
  /** The names of the runtime handlers beside the default one. */
  readonly handlers: readonly string[];
}

/** The version of the kubelet's runtime API, which has not moved since CRI began. */
const kubeletApiVersion = "0.1.0";

/** The three methods of CRI's RuntimeService that an image daemon can answer. */
export function runtimeMethods({
  version,
  cgroupDriver,
  handlers,
}: RuntimeMethodsSettings): Partial<ServiceImpl<typeof RuntimeService>> {
  return {
    version: unary(async () => ({
      version: kubeletApiVersion,
      runtimeName: "stowage",
      runtimeVersion: version,
      runtimeApiVersion: "v1",
    })),
    status: unary(async ({ verbose }) => ({
      status: { conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true })) },
      runtimeHandlers: ["", ...handlers].map((name) => ({ name, features: {} })),
      features: {},
      info: verbose ? { config: JSON.stringify({ cgroupDriver, version }) } : {},
    })),
    runtimeConfig: unary(async () => ({
      linux: { cgroupDriver: cgroupDriver === "systemd" ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
    })),
  };
}
