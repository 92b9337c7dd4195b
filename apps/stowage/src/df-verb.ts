import type { DiskAccount } from "@stowage/image-service";
import type { Command } from "commander";
import { formatBytes, formatTable } from "./describe-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addDf(program: Command, terminal: Terminal): void {
  createVerb(program, "df", "Say what takes how much of the disk, to the last byte").action(
    async (options: PlaceOptions) => {
      await using open = await openImages(options);
      const account = await open.images.account({ signal: terminal.signal });
      terminal.print(options.json ? JSON.stringify(account, undefined, 2) : describeAccount(account));
    },
  );
}

function describeAccount({ lines, total, unaccounted }: DiskAccount): string {
  const row = (what: string, { bytes, inodes }: { readonly bytes: number; readonly inodes: number }) => [
    what,
    formatBytes(bytes),
    String(inodes),
  ];
  const rows = [
    ["WHAT", "SIZE", "INODES"],
    ...lines.map(({ kind, ...usage }) => row(kind, usage)),
    row("total", total),
  ];
  const { bytes, inodes, paths } = unaccounted;
  const verdict = inodes === 0 ? "0 unaccounted" : `${formatBytes(bytes)} in ${inodes} files unaccounted:`;
  return [formatTable(rows), verdict, ...paths.map((path) => `  ${JSON.stringify(path)}`)].join("\n");
}
