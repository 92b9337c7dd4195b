/**
 * What bytes from outside mean as JSON; `undefined` where they are none, or where values are in one another deeper than what prints
 * them, and goes a level down for each, could take. The config of an artifact may be anything.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isDeeper(value, mostLevels) ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What builders write has a tenth of this; the stack of this process takes some thousands. */
const mostLevels = 200;

function isDeeper(value: unknown, most: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
