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

function stepOf(bytes: number): number {
  return bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
}

function inUnit(bytes: number, step: number): string {
  return step === 0 ? String(bytes) : (bytes / 1024 ** step).toFixed(1);
}
