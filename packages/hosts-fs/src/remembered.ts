import type { Hosts, RegistryHost, Repository } from "@stowage/registry";

interface Remembered {
  readonly until: number;
  readonly planned: Promise<readonly RegistryHost[]>;
}

/** Plans that are remembered for a moment, for those whom a recent one will do. Failures are not. */
export function remembered(plan: (repository: Repository) => Promise<readonly RegistryHost[]>): Hosts["plan"] {
  const plans = new Map<string, Remembered>();
  const find = (repository: Repository, recent: boolean): Promise<readonly RegistryHost[]> => {
    const key = keyOf(repository);
    const now = performance.now();
    const known = plans.get(key);
    if (recent && known !== undefined && now < known.until) return known.planned;
    const planned = plan(repository);
    if (plans.size >= maxPlans) plans.clear();
    plans.set(key, { until: now + momentMilliseconds, planned });
    planned.catch(() => plans.delete(key));
    return planned;
  };
  return async (repository, { signal, recent = false } = {}) => {
    signal?.throwIfAborted();
    const planned = await find(repository, recent);
    signal?.throwIfAborted();
    return planned;
  };
}

function keyOf({ domain, path, tag, digest }: Repository): string {
  return JSON.stringify([domain, path, tag, digest]);
}

/** Less than a person takes to change a file; long enough for the next of many small layers. */
const momentMilliseconds = 1000;

/** More than are asked for in a moment. */
const maxPlans = 100;
