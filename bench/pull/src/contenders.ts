import { floorContender, skopeoUmociContender } from "./command-contenders.ts";
import type { Contender } from "./contender.ts";
import { containerdContender, stowageContender } from "./daemon-contenders.ts";

/** All there are, in the order of their turns. */
export const contenders: readonly Contender[] = [
  stowageContender("stowage", "relaxed"),
  stowageContender("stowage-full", "full"),
  containerdContender,
  skopeoUmociContender,
  floorContender,
];
