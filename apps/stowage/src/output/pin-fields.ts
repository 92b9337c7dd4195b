import type { Fields } from "./fields.ts";

/** The fields of a pin. */
export const pinFields: Fields = {
  pattern: "text: what is pinned: a name, an id, or, in the settings, a pattern for names",
  by: "text: who has pinned it: the settings, or somebody with this command",
  images: "list of texts: the ids of the images that it is about",
};
