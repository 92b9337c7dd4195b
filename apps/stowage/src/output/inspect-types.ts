/** What of an image can be shown. */
export const inspectTypes = ["image", "manifest", "index", "config", "layers"] as const;
