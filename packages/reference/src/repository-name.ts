import { isIPv6 } from "node:net";
import { InvalidReferenceError } from "./invalid-reference-error.ts";

/** `domain` if it follows the grammar above `parseReference`; `text` is the whole reference, for the message. */
export function parseDomain(domain: string, text: string): string {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(domain) ?? [];
  if (!isHost(host) || (port !== undefined && !isPort(port))) throw new InvalidReferenceError("domain", text);
  return domain;
}

/** `path` if it follows the grammar above `parseReference`; `text` is the whole reference, for the message. */
export function parsePath(path: string, text: string): string {
  if (/[A-Z]/.test(path)) throw new InvalidReferenceError("upper-case", text);
  if (!path.split("/").every(isComponent)) throw new InvalidReferenceError("path", text);
  if (path.length > maxPathLength) throw new InvalidReferenceError("path-too-long", text);
  return path;
}

/** Bytes, as in distribution/reference: `RepositoryNameTotalLengthMax`. */
const maxPathLength = 255;

/** The longest name that DNS has (RFC 1035, section 2.3.4). */
const maxHostLength = 255;

function isHost(host: string): boolean {
  if (host.startsWith("[")) return isIPv6(host.slice(1, -1)) && !host.includes("%");
  return host.length <= maxHostLength && host.split(".").every(isLabel);
}

function isLabel(label: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(label) && !label.startsWith("-") && !label.endsWith("-");
}

function isPort(port: string): boolean {
  return /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

function isComponent(component: string): boolean {
  return /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/.test(component);
}
