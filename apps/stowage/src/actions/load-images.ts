import { realpath } from "node:fs/promises";
import { type ArchivedImage, type ImageArchive, type OpenProgress, openArchive } from "@stowage/archive";
import { imagesMeant, transportOf } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { ImageSource } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { type Platform, parsePlatform } from "@stowage/oci";
import { type ArchiveTransport, formatReference, parseReference } from "@stowage/reference";
import { imageJson } from "../output/describe-image.ts";
import type { Progress, WorkInProgress } from "../progress/progress.ts";
import { pullReporter } from "../progress/pull-progress.ts";
import { chooseInput } from "../store/archive-input.ts";
import { archivedNames, bestArchivedName } from "../store/archived-names.ts";
import { loadWaves } from "../store/load-waves.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Call } from "../verbs/call.ts";

export interface LoadOptions {
  readonly input?: string;
  readonly name?: string;
  readonly platform?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Loads the images of an archive, some at once, and prints those that came. */
export async function loadImages(call: Call<LoadOptions>, file: string | undefined): Promise<void> {
  const { options } = call;
  const path = chooseInput({ file, ...options }, process.stdin);
  const given = options.name === undefined ? undefined : nameWithTag(options.name);
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  await using open = await call.open();
  const images = await loadShown(call, { open, source: { path }, given, platform, force: options.force });
  call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
}

/** What is shown on the way is gone before the answer is printed. */
async function loadShown(call: Call<LoadOptions>, plan: LoadPlan): Promise<readonly Image[]> {
  using progress = await call.progress({ quiet: call.options.quiet });
  return await loadAll(call, progress, plan);
}

function nameWithTag(text: string): string {
  const reference = parseReference(text);
  if (reference.digest === undefined) return formatReference(reference);
  throw refusal(`"${text}" is no name with a tag alone`);
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot load: ${why}`);
}

/** What is to be loaded of which archive. */
export interface LoadPlan {
  readonly open: OpenImages;
  readonly source: LoadSource;
  /** What the only image is to be called. */
  readonly given?: string | undefined;
  readonly platform: Platform | undefined;
  /** Take names that other images have, pinned or not. */
  readonly force: boolean | undefined;
}

/** Whatever verb it is for. */
type LoadCall = Call<Pick<LoadOptions, "quiet">>;

interface LoadSource {
  /** Left out, it is standard input. */
  readonly path: string | undefined;
  /** What the archive has to be; left out, anything. */
  readonly transport?: ArchiveTransport | undefined;
  /** Which of its images, by the name or the tag that it has there; left out, all. */
  readonly image?: string | undefined;
}

/** Loads the images of an archive, or one of them, some at once. */
export async function loadAll(call: LoadCall, progress: Progress, plan: LoadPlan): Promise<readonly Image[]> {
  const { path, transport } = plan.source;
  const place = path === undefined ? undefined : await realpath(path).catch(() => undefined); // opening it says why
  await using archive = await readArchive(call, progress, { path, place });
  const images = chooseImages(archive, plan);
  if (transport !== undefined) requireForm(archive, transport);
  const loaded = new Map<ArchivedImage, Image>();
  const loading = { ...plan, progress, archive, origin: { transport: transportOf(archive.form), path: place } };
  const read: ImageArchive["read"] = (digest, from) => archive.read(digest, from);
  for (const wave of await loadWaves({ images, read }, call)) await loadWave(call, loading, { wave, loaded });
  return images.flatMap((image) => loaded.get(image) ?? []);
}

function chooseImages(archive: ImageArchive, { given, source }: LoadPlan): readonly ArchivedImage[] {
  const chosen = imagesMeant(archive, source);
  const wanted = source.image;
  if (chosen.length === 0) {
    const why = wanted === undefined ? "the archive has no images" : `the archive has no image "${wanted}"`;
    throw new StowageError(wanted === undefined ? "failed-precondition" : "not-found", `Cannot load: ${why}`);
  }
  if (given !== undefined && chosen.length > 1)
    throw refusal(`--name is for one image, and the archive has ${chosen.length}`);
  return chosen;
}

/** A tar that docker can load may be an OCI layout as well. */
function requireForm({ form, hasManifests }: ImageArchive, transport: ArchiveTransport): void {
  const found = transportOf(form);
  const isBoth = found === "docker-archive" && hasManifests && transport === "oci-archive";
  if (found !== transport && !isBoth) throw refusal(`it is what "${found}:" is for, and not "${transport}:"`);
}

interface Wave {
  readonly wave: readonly ArchivedImage[];
  readonly loaded: Map<ArchivedImage, Image>;
}

async function loadWave(call: LoadCall, loading: Loading, { wave, loaded }: Wave): Promise<void> {
  const waiting = wave.values();
  const loadSome = async (): Promise<void> => {
    for (const archived of waiting)
      for (const image of await call.each([archived], (one) => loadOne(call, loading, one)))
        loaded.set(archived, image);
  };
  await Promise.allSettled(Array.from({ length: width }, () => loadSome()));
  call.signal.throwIfAborted();
}

/** So many images at once, each of which brings some layers at once. */
const width = 3;

async function readArchive(
  { signal }: LoadCall,
  progress: Progress,
  { path, place }: { readonly path: string | undefined; readonly place: string | undefined },
): Promise<ImageArchive> {
  const what = path ?? "standard input";
  using work = progress.start({ doing: "Reading", did: "Read", what, item: "file" });
  try {
    return await openArchive(place ?? path ?? process.stdin, { signal, onProgress: (event) => report(work, event) });
  } finally {
    if (path === undefined) process.stdin.destroy(); // who still writes to it keeps nobody from ending
  }
}

/** Nobody knows how much of a stream is to come. */
function report(work: WorkInProgress, event: OpenProgress): void {
  if (event.kind === "spooling") {
    const { bytes } = event;
    return work.report({ id: "archive", label: "archive", phase: "reading", kind: "moving", bytes, size: bytes });
  }
  const { path, bytes, size } = event;
  work.report({ id: path, label: path, phase: "hashing", kind: bytes === size ? "done" : "moving", bytes, size });
}

interface Loading extends LoadPlan {
  readonly progress: Progress;
  readonly archive: ImageArchive;
  readonly origin: ImageSource["origin"];
}

async function loadOne(
  call: LoadCall,
  { open, archive, origin, given, progress, platform, force }: Loading,
  archived: ArchivedImage,
): Promise<Image> {
  const { names, odd } = archivedNames(archive, given === undefined ? archived : { ...archived, names: [given] });
  const what = bestArchivedName(names, archived);
  for (const name of odd) call.terminal.tell(`stowage: left out the name "${name}" of ${what}: it is no name of it`);
  using work = progress.start({ doing: "Loading", did: "Loaded", what, item: "layer" });
  const read: ImageSource["read"] = (digest, from) => archive.read(digest, from);
  const { signal } = call;
  const onProgress = pullReporter(work);
  const image = await open.images.load(
    { root: archived.root, names, origin, read },
    { signal, platform, force, onProgress },
  );
  work.end();
  return image;
}
