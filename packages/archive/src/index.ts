export { type EncodeArchiveOptions, encodeArchive } from "./encode-archive.ts";
export {
  type ExportedImage,
  type ExportedManifest,
  type ExportOptions,
  type ExportProgress,
  type ExportSource,
} from "./exported-image.ts";
export {
  type ArchivedImage,
  type ArchiveForm,
  type ArchiveSource,
  type ImageArchive,
  type OpenArchiveOptions,
  type OpenProgress,
} from "./image-archive.ts";
export { openArchive } from "./open-archive.ts";
export { type LayoutContent, type WriteLayoutOptions, writeLayout } from "./write-layout.ts";
