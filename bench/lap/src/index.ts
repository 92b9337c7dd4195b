export { type DockerRegistry, startDockerRegistry } from "./docker-registry.ts";
export { makeScratch, type Scratch } from "./scratch.ts";
export { median, quantile } from "./statistics.ts";
