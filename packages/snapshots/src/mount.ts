/** The arguments of mount(2), without the target. They mean the same in whatever directory and process of the machine. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
  /** By which the source of a bind mount, or the lower layers of an overlay, change whose files they look like. */
  readonly idMap?: IdMap | undefined;
}

/** The ids of a user namespace, and whom they are for everybody else (user_namespaces(7)). */
export interface IdMap {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

/** `length` ids from `inside` on, of the namespace, are those from `outside` on. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly length: number;
}
