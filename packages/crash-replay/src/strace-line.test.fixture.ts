/**
 * Lines of a log as strace prints them without `-xx`, put in hex as it does with it. In a string `\n` is a newline; the two
 * characters `->` in a descriptor's path would be taken for its end.
 */
export function straceLines(...lines: readonly string[]): string {
  return lines.map((line) => `${inHex(line)}\n`).join("");
}

function inHex(line: string): string {
  return line
    .replaceAll(/"(?<text>[^"]*)"/g, (_, text: string) => `"${hexOf(text)}"`)
    .replaceAll(/<(?<path>\/[^>]*|pipe[^>]*)>/g, (_, path: string) => `<${hexOf(path)}>`);
}

function hexOf(text: string): string {
  const digits = Buffer.from(text, "latin1").toString("hex");
  return digits.replaceAll(/../g, (digit) => String.raw`\x${digit}`);
}
