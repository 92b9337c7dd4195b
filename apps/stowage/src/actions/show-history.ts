import type { Image, ImageLayer } from "@stowage/images";
import { z } from "zod";
import { decodeJson } from "../output/decode-json.ts";
import { cutTo } from "../output/display-width.ts";
import { formatBytes } from "../output/format-size.ts";
import { formatAge } from "../output/format-time.ts";
import type { Cell, Screen } from "../output/screen.ts";
import { shortDigest } from "../output/short-digest.ts";
import { visibleText } from "../output/visible-text.ts";
import { getImage } from "../store/get-image.ts";
import type { Call } from "../verbs/call.ts";

export interface HistoryOptions {
  readonly trunc?: boolean;
}

/** Prints the steps that the config of an image tells of; layers beyond them are steps of which nothing is known. */
export async function showHistory(call: Call<HistoryOptions>, name: string): Promise<void> {
  await using open = await call.open();
  const image = await getImage(open.images, name, call);
  const config = decodeHistory(await open.images.readConfig(image, call));
  const steps = stepsOf(image, config).toReversed();
  call.print({
    list: steps.map(({ layer, ...step }) => ({ ...step, ...layerJson(layer) })),
    screen: () => screenOf(steps, { now: call.terminal.now(), trunc: call.options.trunc !== false }),
  });
}

interface Step extends HistoryEntry {
  readonly layer: ImageLayer | undefined;
}

/** What a config says of a step (OCI image-spec, config.md, `history`). */
interface HistoryEntry {
  readonly created?: string | undefined;
  readonly createdBy?: string | undefined;
  readonly comment?: string | undefined;
  readonly author?: string | undefined;
}

const text = z.string().optional().catch(undefined);

const entrySchema = z.object({
  created: text,
  created_by: text,
  comment: text,
  author: text,
  empty_layer: z.boolean().optional().catch(undefined),
});

const configSchema = z.object({ history: z.array(entrySchema).catch([]) });

function decodeHistory(config: Uint8Array): readonly z.infer<typeof entrySchema>[] {
  const read = configSchema.safeParse(decodeJson(config));
  return read.success ? read.data.history : [];
}

function stepsOf({ layers }: Image, history: ReturnType<typeof decodeHistory>): readonly Step[] {
  const left = [...layers];
  const told = history.map(({ created_by: createdBy, empty_layer: isEmpty, ...entry }): Step => {
    return { ...entry, createdBy, layer: isEmpty === true ? undefined : left.shift() };
  });
  return [...told, ...left.map((layer): Step => ({ layer }))];
}

function layerJson(layer: ImageLayer | undefined) {
  return layer === undefined ? {} : { layer: layer.blob.digest, diffId: layer.diffId, bytes: layer.bytes };
}

function screenOf(steps: readonly Step[], { now, trunc }: { readonly now: number; readonly trunc: boolean }): Screen {
  const rows = steps.map(({ created, createdBy = "", comment = "", layer }): readonly Cell[] => {
    const shown = visibleText(createdBy);
    return [
      layer === undefined ? "-" : shortDigest(layer.blob.digest),
      created === undefined || Number.isNaN(Date.parse(created)) ? "-" : formatAge(now - Date.parse(created)),
      trunc && shown.length > widest ? `${cutTo(shown, widest - 1)}…` : shown,
      { text: formatBytes(layer?.bytes ?? 0), align: "right" },
      comment,
    ];
  });
  return [{ head: ["LAYER", "CREATED", "CREATED BY", "SIZE", "COMMENT"], rows }];
}

/** Columns that a command has before it is cut. */
const widest = 45;
