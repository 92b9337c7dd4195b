/** Why a scope can be none of this transport, or `undefined`. Of transports that are not known here, every text can be one. */
export function scopeMistake(transport: string, scope: string): string | undefined {
  if (scope === "") return undefined;
  if (transport === "docker-archive") return 'a transport that has the scope "" only';
  if (ofPaths.has(transport))
    return isPlainPath(scope) ? undefined : 'an absolute path without "." and "..", and not "/"';
  if (transport === "docker" && /^[^/]*\*/.test(scope) && !/^\*(?:\.[^.*/]+)+$/.test(scope))
    return 'a "*" only at the beginning of a domain, like "*.example.com"';
  return undefined;
}

const ofPaths: ReadonlySet<string> = new Set(["dir", "oci", "oci-archive", "sif"]);

function isPlainPath(text: string): boolean {
  const [first, ...names] = text.split("/");
  return first === "" && names.every((name) => name !== "" && name !== "." && name !== "..");
}
