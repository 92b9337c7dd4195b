/** What images can be ordered by. */
export const sortKeys = ["name", "size", "pulled", "created"] as const;

export type SortKey = (typeof sortKeys)[number];
