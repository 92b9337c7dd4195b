import type { Store } from "@stowage/core";
import { parseReference } from "@stowage/reference";

/** Something to do with an open store, as it can be told to another process. Images are called by what names them. */
export type StoreCommand =
  | { readonly kind: "pull"; readonly name: string }
  /** With the lease of its pull. */
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "view"; readonly name: string; readonly holder: string }
  | { readonly kind: "release"; readonly holder: string }
  | { readonly kind: "collect" | "check" | "list" | "unaccounted" };

/**
 * Does it, and returns what there is to tell, in lines: of a pull the id, of a view the mounts in JSON, of a check what it found,
 * of a list each id, and each tag with the id behind it, and the paths that are unaccounted for.
 */
export async function carryOut({ images }: Store, command: StoreCommand): Promise<readonly string[]> {
  switch (command.kind) {
    case "pull":
      return [(await images.pull(parseReference(command.name))).id];
    case "remove":
      await images.remove(command.name, { endLease: true });
      return [];
    case "view":
      return await view(images, command);
    case "release":
      await images.release(command.holder);
      return [];
    case "collect":
      await images.collect();
      return [];
    case "check": {
      const { findings, unreadable } = await images.check({ level: "digests" });
      return [...findings.map(({ resource, why }) => `${resource} ${why}`), ...unreadable];
    }
    case "list":
      return (await images.list()).flatMap(({ id, tags }) => [id, ...tags.map((tag) => `${tag} ${id}`)]);
    case "unaccounted":
      return (await images.account()).unaccounted.paths;
  }
}

async function view(
  images: Store["images"],
  { name, holder }: Extract<StoreCommand, { readonly kind: "view" }>,
): Promise<readonly string[]> {
  const image = await images.find(name);
  if (image === undefined) throw new Error(`Cannot view ${name}: it is not here`);
  return (await images.view(image, { holder })).map((mount) => JSON.stringify(mount));
}
