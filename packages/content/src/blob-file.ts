/**
 * The file that a blob is in, or arrives in from its first byte on. It can be read at any time, up to what has arrived; disposing
 * of it closes it. Whether the bytes are right is only known at the end of their ingest.
 */
export interface BlobFile extends AsyncDisposable {
  /** Open for reading, for this holder alone. */
  readonly fd: number;
  /** Bytes of the whole blob. */
  readonly size: number;
  /** How many bytes are in, as soon as those are more than `at`, or all. Fails where no more will come. */
  arrived(at: number): Promise<number>;
}
