export { type ChangedAspect, diffTrees, type TreeChange } from "./diff-trees.ts";
export { type ExtractOptions, type ExtractReport, type ExtractSource, extractTree } from "./extract-tree.ts";
export { type TreeMount } from "./image-layers.ts";
export { type FindOptions, type ImageTree, openImageTree } from "./image-tree.ts";
export { LayerStack, type StackedFile } from "./layer-stack.ts";
export { isOpaque, isWhiteout } from "./overlay-marks.ts";
export { Pace } from "./pace.ts";
export { type TreeEntry } from "./tree-entry.ts";
export { fileAt, findPlace, openDirectory, placeIn, type TreeFile, type TreePlace } from "./tree-place.ts";
