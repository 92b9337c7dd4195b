import { type Digest, decodeDocument, digestOf, encodedOf, maxDocumentBytes } from "@stowage/oci";
import { type ArchivedFile, type ArchiveFiles, findBytes, inEntry } from "./archive-files.ts";
import type { ArchivedImage } from "./image-archive.ts";
import { maxMarkerBytes } from "./limits.ts";

export interface SkopeoDirectory {
  readonly images: readonly ArchivedImage[];
  find(digest: Digest): Promise<ArchivedFile | undefined>;
}

/**
 * The one image of a directory as skopeo's `dir:` writes it; `undefined` for anything else. Its document is
 * `manifest.json`, those below an index are `<hex>.manifest.json`, and blobs are `<hex>`.
 */
export async function readSkopeoDirectory(files: ArchiveFiles): Promise<SkopeoDirectory | undefined> {
  const version = await findBytes(files, "version", { limit: maxMarkerBytes });
  if (version === undefined || !Buffer.from(version).toString().startsWith(versionOne)) return undefined;
  const bytes = await findBytes(files, rootPath, { limit: maxDocumentBytes });
  if (bytes === undefined) return undefined;
  const { mediaType } = inEntry(rootPath, () => decodeDocument(bytes));
  const root = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  return {
    images: [{ names: [], root }],
    async find(digest) {
      if (digest === root.digest) return await files.find(rootPath);
      return (await files.find(encodedOf(digest))) ?? (await files.find(`${encodedOf(digest)}.${rootPath}`));
    },
  };
}

const rootPath = "manifest.json";
const versionOne = "Directory Transport Version: 1.";
