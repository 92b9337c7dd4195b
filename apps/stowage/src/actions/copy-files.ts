import { StowageError } from "@stowage/errors";
import { type ExtractReport, extractTree } from "@stowage/stacked-tree";
import { formatBytes } from "../output/format-size.ts";
import { getImage } from "../store/get-image.ts";
import { parseImagePath } from "../store/image-path.ts";
import { openImageFiles } from "../store/open-image-files.ts";
import { bytesOfPath, textOfPath } from "../store/path-text.ts";
import type { Call } from "../verbs/call.ts";

export interface CpOptions {
  readonly archive?: boolean;
  readonly followLink?: boolean;
  readonly quiet?: boolean;
}

/** Copies a file or a directory out of an image, and prints what came of it. */
export async function copyFiles(call: Call<CpOptions>, place: string, target: string): Promise<void> {
  const { image: name, path } = parseImagePath(place);
  if (target === "-")
    throw new StowageError(
      "invalid-argument",
      `Cannot copy "${place}": a tar to stdout is not offered; name a directory`,
    );
  await using open = await call.open();
  const image = await getImage(open.images, name, call);
  await using files = await openImageFiles(open.images, image, call);
  const { entries, bytes, leftOut } = await extract(call, { tree: files.tree, path: bytesOfPath(path), target });
  const missing = leftOut.map((entry) => `/${textOfPath(entry.path)}`);
  if (missing.length > 0) call.terminal.tell(`stowage: left out ${describeSome(missing)}; ${whyLeftOut}`);
  call.print({
    one: { image: image.id, path, target, entries, bytes, leftOut: missing },
    screen: () => [`${target}  ${entries === 1 ? "1 entry" : `${entries} entries`}, ${formatBytes(bytes)}`],
  });
}

interface Extracting extends Pick<Parameters<typeof extractTree>[0], "tree" | "path"> {
  readonly target: string;
}

async function extract(call: Call<CpOptions>, { tree, path, target }: Extracting): Promise<ExtractReport> {
  const { options, signal } = call;
  using progress = await call.progress({ quiet: options.quiet });
  using work = progress.start({ doing: "Copying", did: "Copied", what: target, item: "file" });
  let entries = 0;
  return await extractTree({ tree, path }, target, {
    signal,
    owners: options.archive,
    followLast: options.followLink,
    onEntry: (entry) => {
      entries += 1;
      work.say(`${entries} entries, /${textOfPath(entry.path)}`);
    },
  });
}

function describeSome(paths: readonly string[]): string {
  const told = paths.slice(0, maxTold).join(", ");
  return paths.length > maxTold ? `${told} and ${paths.length - maxTold} more` : told;
}

/** The JSON has all of them. */
const maxTold = 5;

const whyLeftOut = "sockets cannot be copied, devices and fifos only as root";
