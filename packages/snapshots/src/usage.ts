/** Disk that something takes, as counted when it was made. */
export interface Usage {
  readonly bytes: number;
  readonly inodes: number;
}
