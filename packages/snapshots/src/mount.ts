import type { IdMap } from "@stowage/oci";
/** The arguments of mount(2), without the target. They mean the same in whatever directory and process of the machine. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
  /** By which the source of a bind mount, or the lower layers of an overlay, change whose files they look like. */
  readonly idMap?: IdMap | undefined;
}
