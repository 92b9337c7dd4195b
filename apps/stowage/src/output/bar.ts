/** How much of the whole it is, `██████░░░░`, in as many columns as are said. Only the whole fills the last one. */
export function formatBar(part: number, { whole, width }: { readonly whole: number; readonly width: number }): string {
  const share = whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
