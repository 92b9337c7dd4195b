import { type Image, imageSize } from "@stowage/images";
import { formatFamiliar, parseReference } from "@stowage/reference";
import { formatBytes } from "./format-size.ts";
import { formatAge } from "./format-time.ts";
import type { Cell, Table } from "./screen.ts";
import { shortDigest } from "./short-digest.ts";

export interface ImageTableOptions {
  /** Whether the digests of the manifests are shown. */
  readonly digests?: boolean;
  /** Whether ids and digests are shortened to 12 digits; they are, unless it is `false`. */
  readonly trunc?: boolean;
}

/** Images as people see them, at the time `now`: a row a tag. */
export function imageTable(images: readonly Image[], now: number, options: ImageTableOptions = {}): Table {
  const digest = options.digests === true ? ["DIGEST"] : [];
  return {
    head: ["REPOSITORY", "TAG", ...digest, "IMAGE ID", "SIZE", "PULLED"],
    rows: images.flatMap((image) => {
      const rest = [...cellsOf(image, options), formatBytes(imageSize(image)), formatAge(now - image.publishedAt)];
      return namesOf(image).map((name) => [...name, ...rest]);
    }),
  };
}

function cellsOf({ id, manifest }: Image, { digests = false, trunc = true }: ImageTableOptions): readonly Cell[] {
  const shown = trunc ? shortDigest : (text: string) => text;
  return digests ? [shown(manifest.digest), shown(id)] : [shown(id)];
}

/** An image without tags is shown under the repositories of its digests, one without any name as such. */
function namesOf({ tags, digests }: Image): readonly (readonly [string, string])[] {
  const names = tags.length > 0 ? tags : digests;
  if (names.length === 0) return [["<none>", "<none>"]];
  return names.map(parseReference).map(({ domain, path, tag }) => [formatFamiliar({ domain, path }), tag ?? "<none>"]);
}
