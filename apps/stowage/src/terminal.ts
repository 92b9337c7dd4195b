/** Where a verb's words go, and what ends it early. */
export interface Terminal {
  /** The answer: standard output, one line or more. */
  print(text: string): void;
  /** Everything else: standard error. */
  tell(text: string): void;
  readonly signal: AbortSignal;
}
