/** The name of the file that something beside an image's layers is in: its key where that is plain, else the key in base64. */
export function bigDataName(key: string): string {
  return /^[.0-9a-z]+$/.test(key) ? key : `=${Buffer.from(key).toString("base64")}`;
}
