// What only who opens the store itself loads.
export { openStore } from "@stowage/core";
export { LockHeldError } from "@stowage/linux";
