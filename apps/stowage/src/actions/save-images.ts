import {
  type ExportedImage,
  type ExportProgress,
  type ExportSource,
  encodeArchive,
  writeLayout,
} from "@stowage/archive";
import { shortDigest } from "../output/short-digest.ts";
import { writeBytes } from "../output/write-bytes.ts";
import type { WorkInProgress } from "../progress/progress.ts";
import type { AskedOutput } from "../store/archive-output.ts";
import { type ArchiveOutput, chooseOutput } from "../store/archive-output.ts";
import { callOptions } from "../store/call-options.ts";
import { exportedImage, exportSource, type ImageToExport, joinRoots, partsOf } from "../store/export-images.ts";
import { getImage } from "../store/get-image.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import { writeFileWhole } from "../store/write-file-whole.ts";
import type { Call } from "../verbs/call.ts";

export interface SaveOptions extends RegistryOptions, AskedOutput {
  readonly quiet?: boolean;
}

/** Writes images into an archive, and prints which. */
export async function saveImages(call: Call<SaveOptions>, names: readonly string[]): Promise<void> {
  const output = await chooseOutput(call.options, call.terminal.stdout);
  await using open = await call.open({ authFile: call.options.authfile });
  const { images } = open;
  const options = callOptions(call);
  const exported: ImageToExport[] = [];
  for (const name of names) {
    const image = await getImage(images, name, call);
    exported.push(await exportedImage(images, { image, asked: name }, options));
  }
  const source = exportSource(images, exported, options);
  await write(call, output, { images: joinRoots(exported), source });
  if (output.kind === "stdout") return; // that is the archive
  const list = exported.map((each) => describe(each, output.path));
  call.print({ list, screen: () => list.map(({ image }) => image) });
}

function describe(exported: ImageToExport, output: string) {
  const { image, names, root } = exported;
  const blobs = partsOf(exported);
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  return { image: image.id, names, digest: root.digest, blobs: blobs.length, bytes, output };
}

interface Content {
  readonly images: readonly ExportedImage[];
  readonly source: ExportSource;
}

/** What is shown on the way is gone before the answer is printed. */
async function write(call: Call<SaveOptions>, output: ArchiveOutput, { images, source }: Content): Promise<void> {
  const { options, signal, terminal } = call;
  using progress = await call.progress({ quiet: options.quiet });
  using work = progress.start({ doing: "Saving", did: "Saved", what: whatOf(output, images), item: "blob" });
  for (const { digest, size } of images.flatMap(partsOf)) report(work, { digest, bytes: 0, size }, "waiting");
  const exporting = { signal, onProgress: (event: ExportProgress) => report(work, event) };
  if (output.kind === "layout") {
    await writeLayout(output.path, { images, source }, exporting);
  } else {
    const archive = encodeArchive(images, source, { ...exporting, form: output.form });
    if (output.kind === "file") await writeFileWhole(output.path, archive, { signal });
    else if (!(await writeBytes(terminal.stdout, archive, { signal }))) return;
  }
  work.end();
}

function whatOf(output: ArchiveOutput, images: readonly ExportedImage[]): string {
  if (output.kind !== "stdout") return output.path;
  const [first, ...more] = images.map(({ names, root }) => names[0] ?? root.digest);
  return first === undefined || more.length > 0 ? `${images.length} images` : first;
}

function report(work: WorkInProgress, { digest, bytes, size }: ExportProgress, waiting?: "waiting"): void {
  const kind = waiting ?? (bytes === size ? "done" : "moving");
  const phase = kind === "moving" ? "saving" : kind;
  work.report({ id: digest, label: shortDigest(digest), phase, kind, bytes, size });
}
