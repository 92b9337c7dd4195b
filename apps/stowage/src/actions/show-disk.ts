import type { DiskAccount } from "@stowage/image-service";
import { formatBar } from "../output/bar.ts";
import { bestName } from "../output/best-name.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Cell, Screen } from "../output/screen.ts";
import { type ImageShare, sharesOf } from "../store/image-shares.ts";
import type { Call } from "../verbs/call.ts";

/** Prints what each image and all else takes of the disk. */
export async function showDisk(call: Call): Promise<void> {
  const { signal } = call;
  await using open = await call.open();
  const shares = sharesOf(await open.images.list({ signal, damagedToo: true }));
  const account = await open.images.account({ signal });
  const { lines, total, unaccounted } = account;
  const images = shares.map(({ image: { id, tags, digests }, unique, shared }) => {
    return { id, names: [...tags, ...digests], unique, shared };
  });
  const screen = () => [...imageTable(shares, total.bytes), ...accountTable(account)];
  call.print({ one: { images, lines, total, unaccounted }, screen });
}

function imageTable(shares: readonly ImageShare[], whole: number): Screen {
  if (shares.length === 0) return [];
  const rows = shares.map(({ image, unique, shared }): readonly Cell[] => [
    bestName(image),
    right(formatBytes(unique)),
    right(formatBytes(shared)),
    bar(unique + shared, whole),
  ]);
  return [{ head: ["IMAGE", "UNIQUE", "SHARED", "OF ALL"], rows }, ""];
}

function accountTable({ lines, total, unaccounted }: DiskAccount): Screen {
  const rows = [...lines, { kind: "total", ...total }].map(({ kind, bytes, inodes }): readonly Cell[] => [
    kind,
    right(formatBytes(bytes)),
    right(String(inodes)),
    kind === "total" ? "" : bar(bytes, total.bytes),
  ]);
  const { bytes, inodes, paths } = unaccounted;
  const verdict = inodes === 0 ? "0 unaccounted" : `${formatBytes(bytes)} in ${inodes} files unaccounted:`;
  return [{ head: ["WHAT", "SIZE", "INODES", "OF ALL"], rows }, verdict, ...paths.map((path) => `  ${path}`)];
}

function right(text: string): Cell {
  return { text, align: "right" };
}

function bar(bytes: number, whole: number): Cell {
  return { text: formatBar(bytes, { whole, width: 20 }), style: "cyan" };
}
