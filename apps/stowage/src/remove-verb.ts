import { StowageError } from "@stowage/errors";
import type { Command } from "commander";
import { imageJson } from "./describe-image.ts";
import { openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

export function addRemove(program: Command, terminal: Terminal): void {
  createVerb(program, "rm", "Remove images with all their names")
    .argument("<image...>", "names, ids or beginnings of ids")
    .action(async (names: readonly string[], options: PlaceOptions) => {
      await using open = await openImages(options);
      for (const name of names) {
        const image = await open.images.remove(name, { signal: terminal.signal, endLease: true });
        if (image === undefined) throw new StowageError("not-found", `Cannot remove image "${name}": it is not here`);
        terminal.print(
          options.json ? JSON.stringify(imageJson(image)) : [...image.tags, ...image.digests, image.id].join("\n"),
        );
      }
    });
}
