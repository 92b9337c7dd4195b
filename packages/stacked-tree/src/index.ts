export { LayerStack, type StackedFile } from "./layer-stack.ts";
export { isOpaque, isWhiteout } from "./overlay-marks.ts";
export { Pace } from "./pace.ts";
export { fileAt, findPlace, openDirectory, placeIn, type TreeFile, type TreePlace } from "./tree-place.ts";
