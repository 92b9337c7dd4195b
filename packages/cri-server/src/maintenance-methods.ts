import type { ServiceImpl } from "@connectrpc/connect";
import {
  encodeCheckReport,
  encodeCollection,
  encodeDiskAccount,
  encodeHolds,
  encodeRepairs,
  encodeUsage,
  type StoreService,
} from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import type { ImageService } from "@stowage/image-service";
import { unary } from "./status.ts";

type MaintenanceMethods = Pick<
  ServiceImpl<typeof StoreService>,
  "listHolds" | "usage" | "release" | "collect" | "check" | "repair" | "account"
>;

/** The disk: who holds what of it, what takes how much, what is given back, and whether all is well. */
export function maintenanceMethods(images: ImageService): MaintenanceMethods {
  return {
    listHolds: unary(async (_request, options) => encodeHolds(await images.holds(options))),
    usage: unary(async (_request, options) => ({ usage: encodeUsage(await images.usage(options)) })),
    release: unary(async ({ holder }, options) => {
      await images.release(holder, options);
      return {};
    }),
    collect: unary(async ({ dryRun }, options) => encodeCollection(await images.collect({ ...options, dryRun }))),
    check: unary(async ({ level }, options) =>
      encodeCheckReport(await images.check({ ...options, level: levelOf(level) })),
    ),
    repair: unary(async (_request, options) => encodeRepairs(await images.repair(options))),
    account: unary(async (_request, options) => encodeDiskAccount(await images.account(options))),
  };
}

function levelOf(text: string): "sizes" | "digests" {
  if (text === "sizes" || text === "digests") return text;
  throw new StowageError("invalid-argument", `Cannot check to the level "${text}": expected sizes or digests`);
}
