import { AdmissionRefusedError } from "@stowage/admission";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { formatReference, type NameCandidates, type Reference } from "@stowage/reference";
import { RegistryUnavailableError } from "@stowage/registry";

export interface PullFirstOptions extends AbortOptions {
  /** The name as somebody said it. */
  readonly name: string;
}

/**
 * Pulls what a name stands for: the first of its candidates that can be pulled. Where none can, the error tells of each;
 * what is about this machine ends it at once; where they must not be tried in turn, it is `invalid-argument`.
 */
export async function pullFirst<Pulled>(
  { references, ambiguity }: NameCandidates,
  pull: (reference: Reference) => Promise<Pulled>,
  { name, signal }: PullFirstOptions,
): Promise<Pulled> {
  if (ambiguity !== undefined) throw new StowageError("invalid-argument", `Cannot pull "${name}": ${ambiguity}`);
  const failures: StowageError[] = [];
  for (const reference of references) {
    try {
      return await pull(reference);
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof StowageError) || isAboutThisMachine(error)) throw error;
      failures.push(error);
    }
  }
  throw joined(failures, { name, tried: references.map(formatReference) });
}

/** What a kubelet is to know as such. */
function isRefusal(error: StowageError): boolean {
  return error instanceof AdmissionRefusedError;
}

/** Another candidate would fail over it as well, or come in place of the one that is here. */
function isAboutThisMachine({ code }: StowageError): boolean {
  return code === "resource-exhausted" || code === "data-loss" || code === "internal";
}

function joined(
  failures: readonly StowageError[],
  { name, tried }: { readonly name: string; readonly tried: readonly string[] },
): StowageError {
  const [last, ...others] = failures.toReversed();
  if (last === undefined) throw new Error("a name without candidates");
  if (others.length === 0) return last;
  const unavailable = failures.filter((error) => error instanceof RegistryUnavailableError);
  if (unavailable.length === failures.length) {
    const hosts = unavailable.flatMap((error) => error.failures);
    return new RegistryUnavailableError(`pull "${name}" as ${tried.join(" or ")}`, hosts, { cause: last });
  }
  if (failures.every(isRefusal)) return last;
  const told = failures.map(({ message }) => message).join("; ");
  const { code } = failures.find((error) => error.code !== "not-found") ?? last; // somebody may have it
  return new StowageError(code, `Cannot pull "${name}": ${told}`, { cause: new AggregateError(failures) });
}
