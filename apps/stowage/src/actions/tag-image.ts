import { parseReference } from "@stowage/reference";
import { imageJson } from "../output/describe-image.ts";
import { getImage } from "../store/get-image.ts";
import type { Call } from "../verbs/call.ts";

export interface Tagging {
  readonly image: string;
  readonly names: readonly string[];
  readonly force?: boolean | undefined;
}

/** Gives an image names, and prints it with all that it has then. */
export async function tagImage(call: Call, { image, names, force }: Tagging): Promise<void> {
  const references = names.map(parseReference);
  await using open = await call.open();
  const { id } = await getImage(open.images, image, call);
  for (const reference of references) await open.images.tag(id, reference, { signal: call.signal, force });
  const tagged = await getImage(open.images, id, call);
  call.print({ one: imageJson(tagged), screen: () => tagged.tags });
}
