/** A size in binary units, `4.2 MiB`. */
export function formatBytes(bytes: number): string {
  const step = stepOf(bytes);
  return `${inUnit(bytes, step)} ${units[step]}`;
}

/** How much of a size it is, in the unit of the size: `1.2/4.2 MiB`. */
export function formatBytesOf(bytes: number, size: number): string {
  const step = stepOf(size);
  return `${inUnit(bytes, step)}/${inUnit(size, step)} ${units[step]}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** The largest unit in which it is, as it is written, at least one. */
function stepOf(bytes: number): number {
  const step = units.findLastIndex((_, at) => at > 0 && bytes >= 1024 ** at - 1024 ** (at - 1) / 20);
  return bytes < 1024 ? 0 : Math.max(0, step);
}

function inUnit(bytes: number, step: number): string {
  return step === 0 ? String(bytes) : (bytes / 1024 ** step).toFixed(1);
}
