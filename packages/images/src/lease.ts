import type { Resource } from "./resource.ts";

/**
 * Holds resources, so that they are not collected although no image has them, or none any more. It ends when its holder says
 * so, at its time, and, where it is of a boot of the machine, with that: after it, nothing runs that could need it.
 */
export interface Lease {
  /** Who holds it: `pull sha256:…`, `mount /mnt/app`, `container web`. One holder has one lease. */
  readonly holder: string;
  readonly resources: readonly Resource[];
  /** The boot that it is of, as the kernel names it; left out, it is of none, and has no time. */
  readonly boot?: string | undefined;
  /** When it ends, in seconds since that boot, which no setting of the clock moves; left out, it has no time. */
  readonly endsAt?: number | undefined;
}
