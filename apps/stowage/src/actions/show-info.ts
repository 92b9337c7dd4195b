import { nodePlatform, readSettingsSources } from "@stowage/core";
import { formatPlatform } from "@stowage/oci";
import { findStore } from "@stowage/store-client";
import { describeHolder } from "../output/describe-holder.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Screen } from "../output/screen.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Call } from "../verbs/call.ts";
import { readVersion } from "../version.ts";

/** Prints what is so of the store. */
export async function showInfo(call: Call): Promise<void> {
  const { files } = await readSettingsSources(call.options.config);
  await using open = await call.open();
  const { settings, root } = open;
  const about = {
    root,
    address: settings.address,
    daemon: await findDaemon(open),
    version: readVersion(),
    platform: formatPlatform(nodePlatform()),
    snapshotter: settings.snapshotter,
    durability: settings.durability,
    settings: files,
    ...(await countsOf(open, call)),
  };
  call.print({ one: about, screen: () => screenOf(about) });
}

/** The version of the daemon that holds this very store. */
async function findDaemon({ settings, root }: OpenImages): Promise<string | undefined> {
  using client = await findStore(settings.address);
  const info = await client?.info();
  return info?.root === root ? info.version : undefined;
}

async function countsOf({ images }: OpenImages, { signal }: Call) {
  const all = await images.list({ signal, damagedToo: true });
  const damaged = all.filter(({ damage }) => damage.length > 0).length;
  const { bytes, inodes } = await images.usage({ signal });
  return {
    images: all.length - damaged,
    damaged,
    pins: (await images.pins({ signal })).length,
    holds: (await images.holds({ signal })).map(({ holder }) => holder),
    usage: { bytes, inodes },
  };
}

interface About extends Awaited<ReturnType<typeof countsOf>> {
  readonly root: string;
  readonly address: string;
  readonly daemon: string | undefined;
  readonly version: string;
  readonly platform: string;
  readonly snapshotter: string;
  readonly durability: string;
  readonly settings: readonly string[];
}

function screenOf({ usage, holds, settings, daemon, ...about }: About): Screen {
  const rows = [
    ["store", about.root],
    ["held by", daemon === undefined ? "nobody: this command opened it" : `stowaged ${daemon}, at ${about.address}`],
    ["version", about.version],
    ["platform", about.platform],
    ["snapshotter", about.snapshotter],
    ["durability", about.durability],
    ["settings", settings.join(", ") || "as by default"],
    ["images", `${about.images}${about.damaged === 0 ? "" : `, and ${about.damaged} damaged`}`],
    ["pins", String(about.pins)],
    ["disk", `${formatBytes(usage.bytes)} in ${usage.inodes} files`],
    ...holds.map((holder, at) => [at === 0 ? "holds" : "", `something is ${describeHolder(holder)}`]),
  ];
  return [{ rows }];
}
