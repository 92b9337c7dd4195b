import { StowageError } from "@stowage/errors";
import type { CheckReport, Repair } from "@stowage/image-service";
import { bestName } from "../output/best-name.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

interface CheckOptions {
  readonly quick?: boolean;
  readonly repair?: boolean;
}

export function checkVerb(): Verb {
  return new Verb("check", "Look whether everything that images need is here and is what it was")
    .helpGroup(groups.store)
    .option("--quick", "look at sizes only, and read nothing")
    .option("--repair", "pull damaged images again: only what they lost is fetched")
    .example("stowage check", "read everything, and compare it with its digests")
    .example("stowage check --repair", "fetch what was lost")
    .answers({
      images: "number: how many images were looked at",
      resources: "number: how many documents and layers",
      "findings.resource": "text: what is not as it was",
      "findings.why": "text: what is so: it is missing, or differs",
      "findings.images": "list of texts: the ids of the images that need it",
      unreadable: "list of texts: images whose records cannot be read; they are to be pulled again",
      "repairs.id": "text: an image that was pulled again",
      "repairs.failure": "text: why it is still damaged; left out where it is not",
    })
    .keeps("what was repaired stays so")
    .runs(async (call: Call<CheckOptions>) => {
      await using open = await call.open();
      const { signal, options } = call;
      const report = await open.images.check({ signal, level: options.quick === true ? "sizes" : "digests" });
      const repairs = options.repair === true ? await open.images.repair({ signal }) : [];
      const all = await open.images.list({ signal, damagedToo: true });
      call.print({
        one: { ...report, repairs: repairs.map(({ image, failure }) => ({ id: image.id, failure })) },
        screen: () => [...describeReport(report), ...repairs.map(describeRepair)],
      });
      requireWell(all.filter(({ damage }) => damage.length > 0).length + report.unreadable.length);
    });
}

/** Exit code 1, and one line that says what helps. */
function requireWell(damaged: number): void {
  if (damaged === 0) return;
  const images = damaged === 1 ? "1 image is" : `${damaged} images are`;
  throw new StowageError("data-loss", `Cannot vouch for the store: ${images} damaged; run "stowage check --repair"`);
}

function describeReport({ images, resources, findings, unreadable }: CheckReport): readonly string[] {
  return [
    `${images} images, ${resources} documents and layers`,
    ...findings.map(
      ({ resource, why, images: ids }) => `${resource} ${why} (${ids.map((id) => shortDigest(id)).join(", ")})`,
    ),
    ...unreadable.map((key) => `record of image ${key} cannot be read: pull it again`),
  ];
}

function describeRepair({ image, failure }: Repair): string {
  if (failure === undefined) return `repaired ${bestName(image)}`;
  return `not repaired ${bestName(image)}: ${failure}`;
}
