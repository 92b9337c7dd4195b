import { StowageError } from "@stowage/errors";
import { type CheckReport, isReady, type Repair } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { type Command, Option } from "commander";
import { shortId } from "./describe-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

interface CheckVerbOptions extends PlaceOptions {
  readonly quick?: boolean;
  readonly repair?: boolean;
}

export function addCheck(program: Command, terminal: Terminal): void {
  createVerb(program, "check", "Look whether everything that images need is here and is what it was")
    .addOption(new Option("--quick", "look at sizes only, and read nothing"))
    .addOption(new Option("--repair", "pull damaged images again: only what they lost is fetched"))
    .action(async (options: CheckVerbOptions) => {
      await using open = await openImages(options);
      const { signal } = terminal;
      const report = await open.images.check({ signal, level: options.quick === true ? "sizes" : "digests" });
      const repairs = options.repair === true ? await open.images.repair({ signal }) : [];
      const damaged = (await open.images.list({ signal, damagedToo: true })).filter((image) => !isReady(image));
      terminal.print(
        options.json ? jsonOf(report, repairs) : [...describeReport(report), ...repairs.map(describeRepair)].join("\n"),
      );
      requireWell(damaged, report);
    });
}

/** Exit code 1, and one line that says what helps. */
function requireWell(damaged: readonly Image[], { unreadable }: CheckReport): void {
  const count = damaged.length + unreadable.length;
  if (count === 0) return;
  const images = count === 1 ? "1 image is" : `${count} images are`;
  throw new StowageError("data-loss", `Cannot vouch for the store: ${images} damaged; run "stowage check --repair"`);
}

function describeReport({ images, resources, findings, unreadable }: CheckReport): readonly string[] {
  return [
    `${images} images, ${resources} documents and layers`,
    ...findings.map(
      ({ resource, why, images: ids }) => `${resource} ${why} (${ids.map((id) => shortId({ id })).join(", ")})`,
    ),
    ...unreadable.map((key) => `record of image ${key} cannot be read: pull it again`),
  ];
}

function describeRepair({ image, failure }: Repair): string {
  const name = image.tags[0] ?? image.digests[0] ?? image.id;
  if (failure === undefined) return `repaired ${name}`;
  return `not repaired ${name}: ${failure}`;
}

function jsonOf(report: CheckReport, repairs: readonly Repair[]): string {
  const told = repairs.map(({ image, failure }) => ({ id: image.id, failure }));
  return JSON.stringify({ ...report, repairs: told }, undefined, 2);
}
