export { busyboxImage } from "./busybox-image.ts";
export { type ArtifactRecipe, type MadeArtifact, makeArtifact } from "./make-artifact.ts";
export { type ImageRecipe, type MadeImage, type MadePlatform, makeImage, type PlatformRecipe } from "./make-image.ts";
export { type LayerRecipe, type MadeLayer, makeLayer } from "./make-layer.ts";
export { smallImage } from "./small-image.ts";
