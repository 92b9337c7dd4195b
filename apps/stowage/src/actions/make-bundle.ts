import { randomBytes } from "node:crypto";
import { isStowageError, StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { decodeImageProcess } from "@stowage/oci";
import { type RuntimeConfig, resolveUser, runtimeConfigOf } from "@stowage/runtime-spec";
import { claimBundle, configIn, containerAnnotation, findBundle } from "../store/bundle-place.ts";
import { getImage } from "../store/get-image.ts";
import type { OpenImages } from "../store/open-images.ts";
import { readUserDatabase } from "../store/read-user-database.ts";
import { writeFileWhole } from "../store/write-file-whole.ts";
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
  requireVariables(call.options.env ?? []);
  await using open = await call.open();
  const image = await getImage(open.images, request.image, call);
  const again = await mountAgain(call, open, { ...request, of: image });
  const bundle = again?.bundle ?? (await claimBundle(request.dir));
  const made = again ?? (await createBundle(call, open, { ...request, of: image, bundle }));
  call.print({ one: { ...made, image: image.id, bundle }, screen: () => [bundle] });
}

/** `undefined` where there is no such. */
async function mountAgain({ signal }: Call, { containers }: OpenImages, { dir, of }: Omit<Bundling, "bundle">) {
  const there = await findBundle(dir).catch(orNone);
  const found = there === undefined ? undefined : await containers.find(there.container, { signal });
  if (there === undefined || found?.state !== "created" || found.imageId !== of.id) return undefined;
  const rootfs = await containers.start(found.id, { signal });
  return { container: found.id, rootfs, bundle: there.directory };
}

function orNone(error: unknown): undefined {
  if (!isStowageError(error, "not-found")) throw error;
}

function requireVariables(env: readonly string[]): void {
  const odd = env.find((entry) => !/^[^=\0]+=[^\0]*$/.test(entry));
  if (odd !== undefined)
    throw new StowageError("invalid-argument", `Cannot set the variable "${odd}": expected NAME=value`);
}

interface Bundling extends BundleRequest {
  readonly of: Image;
  readonly bundle: string;
}

/** Where it fails, nothing is left of it. */
async function createBundle(call: Call<BundleOptions>, { containers }: OpenImages, bundling: Bundling) {
  const { signal } = call;
  const { image, of, bundle } = bundling;
  const id = randomBytes(32).toString("hex");
  const created = await containers.create(
    {
      id,
      podName: bundleOwner,
      podId: bundleOwner,
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
    await writeFileWhole(configIn(bundle), textOf(config), { signal });
    return { container: id, rootfs };
  } catch (error) {
    await containers.delete(id);
    throw error;
  }
}

interface Made {
  readonly id: string;
  readonly rootfs: string;
  /** Of the image's config. */
  readonly bytes: Uint8Array;
}

function configOf({ options }: Call<BundleOptions>, { command }: Bundling, { id, rootfs, bytes }: Made): RuntimeConfig {
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
    annotations: { [containerAnnotation]: id },
  });
}

async function* textOf(config: RuntimeConfig): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(`${JSON.stringify(config, undefined, 2)}\n`);
}

/** In whose pod bundles are: that of nobody's. */
const bundleOwner = "stowage-bundles";

const shortIdLength = 12;
