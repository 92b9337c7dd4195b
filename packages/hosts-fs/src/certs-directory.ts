import { join } from "node:path";
import { StowageError } from "@stowage/errors";
import type { TrustFiles } from "@stowage/hosts";
import { listFiles } from "./directories.ts";

/**
 * What docker and podman mean by the files of a certs.d directory: `*.crt` are authorities, `*.cert` with a `*.key` of the same
 * name is an identity; `undefined` where there is none of them. Fails with `invalid-argument` where one is without the other.
 */
export async function findCerts(directory: string): Promise<TrustFiles | undefined> {
  const names = await listFiles(directory);
  for (const [has, lacks] of pairs) {
    const lone = basesOf(names, has).find((base) => !names.includes(base + lacks));
    if (lone === undefined) continue;
    const path = join(directory, lone + has);
    throw new StowageError("invalid-argument", `Cannot read "${path}": there is no "${lone + lacks}" beside it`);
  }
  const authorities = names.filter((name) => name.endsWith(".crt")).map((name) => join(directory, name));
  const identities = basesOf(names, ".cert").map((base) => ({
    certificate: join(directory, `${base}.cert`),
    key: join(directory, `${base}.key`),
  }));
  if (authorities.length === 0 && identities.length === 0) return undefined;
  return { authorities, identities, anyCertificate: false };
}

const pairs = [
  [".cert", ".key"],
  [".key", ".cert"],
] as const;

function basesOf(names: readonly string[], end: string): readonly string[] {
  return names.filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length));
}
