import { type ArchivedImage, type ArchiveForm, type ImageArchive, openArchive } from "@stowage/archive";
import type { Settings } from "@stowage/config";
import { StowageError } from "@stowage/errors";
import type { ImageSource, ImageSources } from "@stowage/image-service";
import {
  type ArchiveTransport,
  completeSourceName,
  findReference,
  formatReference,
  parseReference,
  type Reference,
  type SourceName,
} from "@stowage/reference";

/** What images come from whose names say no transport, where that is no registry. */
export function openSources({
  defaultTransport,
}: Pick<Settings["registry"], "defaultTransport">): ImageSources | undefined {
  if (completeSourceName("name", defaultTransport).kind === "registry") return undefined;
  return {
    async open(name, { signal } = {}) {
      const source = completeSourceName(name, defaultTransport);
      if (source.kind === "registry") throw new Error("a transport that is no registry leads to one");
      return await openSource(source, parseReference(name), { signal });
    },
  };
}

async function openSource(
  source: SourceName & { readonly kind: "archive" },
  name: Reference,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<ImageSource & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const archive = opening.use(await openArchive(source.path, { signal }));
  const [found, ...others] = imagesMeant(archive, source);
  if (found === undefined || others.length > 0) {
    const why = found === undefined ? "no image of that name" : "several images; name one";
    throw new StowageError("not-found", `Cannot pull from "${source.path}": it has ${why}`);
  }
  const { domain, path } = name;
  const { root } = found;
  const opened = opening.move();
  return {
    root,
    names: [name, ...(archive.hasManifests ? [{ domain, path, digest: root.digest }] : [])],
    origin: { transport: transportOf(archive.form), path: source.path },
    read: (digest, from) => archive.read(digest, from),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The images of an archive that a source means: by the very text, or by another way to write the same name. */
export function imagesMeant(
  { images }: Pick<ImageArchive, "images">,
  { image }: { readonly image?: string | undefined },
): readonly ArchivedImage[] {
  return image === undefined ? images : images.filter(({ names }) => names.some((name) => isMeant(name, image)));
}

function isMeant(name: string, wanted: string): boolean {
  if (name === wanted) return true;
  const [one, other] = [name, wanted].map(findReference);
  return one !== undefined && other !== undefined && formatReference(one) === formatReference(other);
}

/** How policies name where an archive of this form is. */
export function transportOf(form: ArchiveForm): ArchiveTransport {
  return form === "oci-layout" ? "oci" : form;
}
