export { type HttpRegistry, type HttpRegistryOptions, openHttpRegistry } from "./http-registry.ts";
export { type Timeouts } from "./limits.ts";
