import stringWidth from "string-width";

/** The columns that a text takes on a terminal: wide characters two, combining marks and colours none. */
export function displayWidth(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text);
}

/** The text with spaces behind it, or before it, up to `width` columns. */
export function padTo(text: string, width: number, side: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "left" ? text + spaces : spaces + text;
}

const plain = /^[ -~]*$/;
