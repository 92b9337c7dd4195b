import { type Image, imageSize } from "@stowage/images";
import { formatPlatform } from "@stowage/oci";

/** An image as `--json` prints it; stable. */
export function imageJson(image: Image): Readonly<Record<string, unknown>> {
  const { id, tags, digests, platform, created, publishedAt, manifest, index, config, layers, user, annotations } =
    image;
  return {
    id,
    tags,
    digests,
    platform: formatPlatform(platform),
    size: imageSize(image),
    damage: image.damage.map(({ resource, why }) => `${resource} ${why}`),
    created,
    pulled: new Date(publishedAt).toISOString(),
    user,
    annotations,
    manifest: manifest.digest,
    index: index?.digest,
    config: config.digest,
    layers: layers.map(({ blob, diffId, bytes, inodes }) => ({
      digest: blob.digest,
      mediaType: blob.mediaType,
      compressed: blob.size,
      diffId,
      bytes,
      inodes,
    })),
  };
}

/** The 12 hex digits by which people know an image. */
export function shortId(image: Pick<Image, "id">): string {
  return image.id.slice(image.id.indexOf(":") + 1).slice(0, 12);
}

/** A size in binary units, `4.2 MiB`. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return step === 0 ? `${bytes} B` : `${(bytes / 1024 ** step).toFixed(1)} ${units[step]}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** How long ago, in the largest unit that fits: `3 hours ago`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [unit, length] = ages.find(([, least]) => seconds >= least) ?? ["second", 1];
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

const ages: readonly (readonly [unit: string, seconds: number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** Columns of equal width, two spaces apart. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
