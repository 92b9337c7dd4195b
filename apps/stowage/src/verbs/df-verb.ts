import type { DiskAccount } from "@stowage/image-service";
import { formatBar } from "../output/bar.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Cell, Screen } from "../output/screen.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function dfVerb(): Verb {
  return new Verb("df", "Say what takes how much of the disk, to the last byte")
    .helpGroup(groups.store)
    .example("stowage df", "what layers, documents and the rest take")
    .example("stowage df --format '{{.total.bytes}}'", "the bytes that all of it takes")
    .answers({
      "lines.kind": "text: what it is: layers, writable, documents, layer blobs, arriving, leftovers, trash and so on",
      "lines.bytes": "bytes: what that takes",
      "lines.inodes": "number: the files and directories that it is in",
      "total.bytes": "bytes: what everything takes",
      "total.inodes": "number: the files and directories of everything",
      "unaccounted.bytes": "bytes: what takes disk and has no known purpose",
      "unaccounted.inodes": "number: the files and directories of that",
      "unaccounted.paths": "list of texts: where they are",
    })
    .runs(async (call: Call) => {
      await using open = await call.open();
      const account = await open.images.account({ signal: call.signal });
      const { lines, total, unaccounted } = account;
      call.print({ one: { lines, total, unaccounted }, screen: () => describeAccount(account) });
    });
}

function describeAccount({ lines, total, unaccounted }: DiskAccount): Screen {
  const rows = [...lines, { kind: "total", ...total }].map(({ kind, bytes, inodes }): readonly Cell[] => [
    kind,
    { text: formatBytes(bytes), align: "right" },
    { text: String(inodes), align: "right" },
    { text: kind === "total" ? "" : formatBar(bytes, { whole: total.bytes, width: 20 }), style: "cyan" },
  ]);
  const { bytes, inodes, paths } = unaccounted;
  const verdict = inodes === 0 ? "0 unaccounted" : `${formatBytes(bytes)} in ${inodes} files unaccounted:`;
  return [{ head: ["WHAT", "SIZE", "INODES", "SHARE"], rows }, verdict, ...paths.map((path) => `  ${path}`)];
}
