import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { askLikeAKubelet } from "./ask-like-a-kubelet.ts";
import { showRootfs } from "./show-rootfs.ts";
import { createTeller } from "./teller.ts";

export interface TourOptions {
  /** A reference; where there is none, a small image from a registry inside this process. */
  readonly image: string | undefined;
  readonly plainHttp: boolean;
  readonly print: (text: string) => void;
  /** Ends the pull, and so the tour, early; what it has made is cleared away all the same. */
  readonly signal: AbortSignal;
}

/** The life of an image on a node, once through: a daemon starts, a kubelet asks, and nothing is left behind. */
export async function tour({ image: named, plainHttp, print, signal }: TourOptions): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "stowage-tour-"));
  ending.defer(() => rm(directory, { recursive: true, force: true }));
  const teller = createTeller(print);
  const image = named ?? (await offerSmallImage(ending));
  if (named === undefined) print(`No image was named: a registry inside this process offers ${image}\n`);
  const settings = settingsFor(directory, { image, plainHttp: plainHttp || named === undefined });
  const daemon = await teller.step(
    "Start the daemon on a fresh store",
    () => startDaemon(settings),
    ({ address }) => [address],
  );
  ending.use(daemon);
  const privileged = process.getuid?.() === 0;
  const meanwhile = (id: string): Promise<void> =>
    showRootfs({ address: daemon.address, id, target: join(directory, "rootfs") }, teller);
  const look = privileged ? meanwhile : async () => print("Only root can mount the root file system; it is left out.");
  await askLikeAKubelet({ address: daemon.address, image, meanwhile: look, signal }, teller);
  await teller.step("Stop the daemon and leave nothing behind", () => ending.disposeAsync());
}

/** Puts the image into a registry that lives until `ending`, and returns its reference. */
async function offerSmallImage(ending: AsyncDisposableStack): Promise<string> {
  const registry = ending.use(await startRegistry());
  registry.putImage("library/small", "1", smallImage());
  return `${registry.host}/library/small:1`;
}

function settingsFor(
  directory: string,
  { image, plainHttp }: { readonly image: string; readonly plainHttp: boolean },
): Settings {
  const { domain } = parseReference(image);
  return {
    ...defaultSettings,
    root: join(directory, "store"),
    address: join(directory, "stowage.sock"),
    pull: { ...defaultSettings.pull, lease: 0 }, // so that the end shows the disk given back
    registry: { ...defaultSettings.registry, plainHttp: plainHttp ? [domain] : [] },
  };
}
