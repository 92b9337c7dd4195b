import { imageJson } from "../output/describe-image.ts";
import type { ImageTableOptions } from "../output/image-table.ts";
import { imageTable } from "../output/image-table.ts";
import { sortImages } from "../output/sort-images.ts";
import type { SortKey } from "../output/sort-keys.ts";
import type { Filter } from "../store/filter.ts";
import { parseFilter } from "../store/filter.ts";
import { filterImages } from "../store/filter-images.ts";
import type { Call } from "../verbs/call.ts";

export interface ImagesOptions extends ImageTableOptions {
  readonly filter?: readonly Filter[];
  readonly sort?: SortKey;
  readonly quiet?: boolean;
}

/** Prints the images that pass the filters and whose name is like `pattern`, and tells how many are damaged. */
export async function listImages(call: Call<ImagesOptions>, pattern: string | undefined): Promise<void> {
  const { options, signal, terminal } = call;
  await using open = await call.open();
  const all = await open.images.list({ signal, damagedToo: true });
  const among = all.filter(({ damage }) => damage.length === 0);
  const lost = all.length - among.length;
  if (lost > 0) terminal.tell(`stowage: ${lost} damaged, not listed; run "stowage check --repair"`);
  const named = pattern === undefined ? [] : [parseFilter(`reference=${pattern}`)];
  const passed = await filterImages(open.images, [...(options.filter ?? []), ...named], { signal, among });
  const images = sortImages(passed, options.sort);
  call.print({
    list: images.map(imageJson),
    screen: () => (options.quiet === true ? images.map(({ id }) => id) : [imageTable(images, terminal.now(), options)]),
  });
}
