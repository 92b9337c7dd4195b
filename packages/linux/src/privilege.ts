/** Whether this process may give files away, make devices and set trusted attributes. Others leave that out. */
export function isPrivileged(): boolean {
  return process.geteuid?.() === 0;
}
