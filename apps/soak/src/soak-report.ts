import type { MemoryProfile } from "./memory-profile.ts";
import type { ProcessLook } from "./process-look.ts";
import type { Tally } from "./tally.ts";

/** What the daemon held before, under and after a soak. */
export interface SoakReport {
  readonly isBundle: boolean;
  /** After the start, with an empty store. */
  readonly fresh: MemoryProfile;
  /** At rest, after every image was pulled and removed once. */
  readonly start: ProcessLook;
  /** Under load. */
  readonly looks: readonly ProcessLook[];
  /** Resident bytes under load, once the first tenth of the time and a minute are over; a short soak does not come to that. */
  readonly warm: number | undefined;
  /** At rest, after everything is removed. */
  readonly end: ProcessLook;
  readonly atRest: MemoryProfile;
  readonly remains: readonly string[];
  readonly tally: Tally;
  readonly exitCode: number | null;
}
