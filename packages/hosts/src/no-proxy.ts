import { BlockList, isIP, isIPv6 } from "node:net";
import { StowageError } from "@stowage/errors";

/** One entry of NO_PROXY. */
export type NoProxyRule =
  | { readonly kind: "everything" }
  | { readonly kind: "network"; readonly network: BlockList; readonly port: string | undefined }
  | { readonly kind: "domain"; readonly domain: string; readonly itself: boolean; readonly port: string | undefined };

/** A host of an address and the port that it is asked at. */
export interface HostAndPort {
  readonly hostname: string;
  readonly port: string;
}

/**
 * Reads NO_PROXY: `*`, or domains, IP addresses and CIDR networks, between commas or spaces, each but a network with a port if
 * it is for that port only. `example.com` is for itself and what is below it; `.example.com` and `*.example.com`, as Go has
 * it, only for what is below. Fails with `invalid-argument` for a network that is none.
 */
export function parseNoProxy(text: string): readonly NoProxyRule[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parseRule);
}

export function isExempt(rules: readonly NoProxyRule[], { hostname, port }: HostAndPort): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return rules.some((rule) => {
    if (rule.kind === "everything") return true;
    if (rule.port !== undefined && rule.port !== port) return false;
    if (rule.kind === "network") return isIP(host) !== 0 && rule.network.check(host, familyOf(host));
    return (rule.itself && host === rule.domain) || host.endsWith(`.${rule.domain}`);
  });
}

function parseRule(entry: string): NoProxyRule {
  if (entry === "*") return { kind: "everything" };
  if (entry.includes("/")) return { kind: "network", network: parseNetwork(entry), port: undefined };
  const { host = entry, port } = isIPv6(entry) ? {} : (/^(?<host>.*):(?<port>[0-9]+)$/.exec(entry)?.groups ?? {});
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) !== 0) {
    const network = new BlockList();
    network.addAddress(address, familyOf(address));
    return { kind: "network", network, port };
  }
  const itself = !/^\*?\./.test(host);
  return { kind: "domain", domain: host.replace(/^\*?\./, "").replace(/\.$/, ""), itself, port };
}

function parseNetwork(entry: string): BlockList {
  const [address = "", length = ""] = entry.split("/");
  const longest = isIPv6(address) ? 128 : 32;
  if (isIP(address) === 0 || !/^[0-9]{1,3}$/.test(length) || Number(length) > longest) {
    throw new StowageError("invalid-argument", `Cannot read proxies: ${JSON.stringify(entry)} is not a network`);
  }
  const network = new BlockList();
  network.addSubnet(address, Number(length), familyOf(address));
  return network;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
