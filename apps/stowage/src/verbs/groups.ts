/** The headings under which verbs are listed, in this order. */
export const groups = {
  images: "Images:",
  files: "Their files:",
  containers: "Containers:",
  registries: "Registries:",
  store: "The store:",
  command: "This command:",
} as const;
