import { StowageError } from "@stowage/errors";
import { formatReference, type Reference } from "@stowage/reference";

/** An image may not come here. The mark by which a kubelet is told that its signature is not what it has to be. */
export class AdmissionRefusedError extends StowageError {
  /** `why` says what is so. */
  constructor(reference: Reference, why: string, options?: ErrorOptions) {
    super("permission-denied", `Cannot admit ${formatReference(reference)}: ${why}`, options);
  }
}
