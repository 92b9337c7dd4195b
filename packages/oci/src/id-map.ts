/** The ids of a user namespace, and whom they are for everybody else (user_namespaces(7), OCI runtime-spec, config-linux.md). */
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
