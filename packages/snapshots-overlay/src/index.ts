export { type OverlayOptions, openSnapshotter } from "./overlay-snapshotter.ts";
