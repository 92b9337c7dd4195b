import { randomBytes } from "node:crypto";
import { parseContainerMetadata } from "@stowage/container-state";
import { isStowageError, StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { decodeImageProcess } from "@stowage/oci";
import { type RuntimeConfig, resolveUser, runtimeConfigOf } from "@stowage/runtime-spec";
import {
  type BundlePlace,
  bundlePod,
  containerAnnotation,
  findBundle,
  openBundlePlace,
  placeAnnotation,
} from "../store/bundle-place.ts";
import { getImage } from "../store/get-image.ts";
import type { OpenImages } from "../store/open-images.ts";
import { readUserDatabase } from "../store/read-user-database.ts";
import type { Call } from "../verbs/call.ts";

export interface BundleOptions {
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly tty?: boolean;
  readonly readOnly?: boolean;
  readonly hostname?: string;
}

export interface BundleRequest {
  readonly image: string;
  readonly dir: string;
  readonly command: readonly string[];
}

/**
 * Makes a bundle on a container of its own: what is written in it stays there until it is taken away. One that is there already, and
 * of which a boot has left the root file system unmounted, is mounted again, and otherwise as it was.
 */
export async function makeBundle(call: Call<BundleOptions>, request: BundleRequest): Promise<void> {
  requireSense(call.options);
  await using open = await call.open();
  const made = (await mountAgain(call, open, request)) ?? (await makeAnew(call, open, request));
  call.print({ one: made, screen: () => [made.bundle] });
}

/** Also where its image was removed since, or its name is another image's; `undefined` where there is no such bundle. */
async function mountAgain({ signal }: Call, { containers }: OpenImages, { dir, image }: BundleRequest) {
  const there = await findBundle(dir).catch(orNone);
  const found = there === undefined ? undefined : await containers.find(there.container, { signal });
  if (there === undefined || found?.state !== "created") return undefined;
  const { podId, imageName } = parseContainerMetadata(found.metadata);
  if (podId !== bundlePod || imageName !== image) return undefined;
  const rootfs = await containers.start(found.id, { signal });
  return { container: found.id, image: found.imageId, bundle: there.directory, rootfs };
}

async function makeAnew(call: Call<BundleOptions>, open: OpenImages, request: BundleRequest) {
  const of = await getImage(open.images, request.image, call);
  await using place = await openBundlePlace(request.dir);
  const made = await createBundle(call, open, { ...request, of, place });
  return { ...made, image: of.id, bundle: place.directory };
}

function orNone(error: unknown): undefined {
  if (!isStowageError(error, "not-found")) throw error;
}

function requireSense({ env = [], workdir }: BundleOptions): void {
  const odd = env.find((entry) => !/^[^=\0]+=[^\0]*$/.test(entry));
  if (odd !== undefined)
    throw new StowageError("invalid-argument", `Cannot set the variable "${odd}": expected NAME=value`);
  if (workdir !== undefined && !workdir.startsWith("/"))
    throw new StowageError("invalid-argument", `Cannot run it in "${workdir}": expected an absolute path`);
}

interface Bundling extends BundleRequest {
  readonly of: Image;
  readonly place: BundlePlace;
}

/** Where it fails, nothing is left of it. */
async function createBundle(call: Call<BundleOptions>, { containers }: OpenImages, bundling: Bundling) {
  const { signal } = call;
  const { image, of, place } = bundling;
  const id = randomBytes(32).toString("hex");
  const created = await containers.create(
    {
      id,
      podName: bundlePod,
      podId: bundlePod,
      containerName: `bundle-${id.slice(0, shortIdLength)}`,
      imageName: image,
      imageId: of.id,
      handler: of.handler,
      volatile: false,
    },
    { signal },
  );
  try {
    const rootfs = await containers.start(id, { signal });
    const config = configOf(call, bundling, { id, rootfs, bytes: created.config });
    await place.place(`${JSON.stringify(config, undefined, 2)}\n`);
    return { container: id, rootfs };
  } catch (error) {
    await containers.delete(id).catch(() => undefined); // it stays listed, and what went wrong first is told
    throw error;
  }
}

interface Made {
  readonly id: string;
  readonly rootfs: string;
  /** Of the image's config. */
  readonly bytes: Uint8Array;
}

function configOf(
  { options }: Call<BundleOptions>,
  { command, place }: Bundling,
  { id, rootfs, bytes }: Made,
): RuntimeConfig {
  const process = decodeImageProcess(bytes);
  return runtimeConfigOf({
    process: { ...process, workingDirectory: options.workdir ?? process.workingDirectory },
    user: resolveUser(options.user ?? process.user, readUserDatabase(rootfs)),
    rootfs,
    args: command.length === 0 ? undefined : command,
    env: options.env,
    hostname: options.hostname ?? id.slice(0, shortIdLength),
    isTerminal: options.tty,
    isReadOnly: options.readOnly,
    annotations: { [containerAnnotation]: id, [placeAnnotation]: place.directory },
  });
}

const shortIdLength = 12;
