export { type ContainerDirectoriesOptions, openContainerDirectories } from "./container-directories.ts";
export { kernelMounter } from "./kernel-mounter.ts";
