import { BlockList, isIP } from "node:net";
import { isLoopback } from "@stowage/hosts";

/**
 * Why a registry at `registry` may not send its clients on to `target`, if it may not: from where they are, they reach
 * what it does not, such as the metadata of a cloud's machine. Only addresses that a URL says itself are judged; what a
 * name is looked up as is the network's, and a registry on a private network may well have its storage there.
 */
export function innerAddressFlaw(target: URL, registry: URL): string | undefined {
  const { hostname } = target;
  if (isAmong(linkLocal, hostname)) return `${hostname} is a link-local address`;
  return isHere(hostname) && !isHere(registry.hostname) ? `${hostname} is this machine` : undefined;
}

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16);
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** With the addresses that mean no machine: connecting to one of them leads here too. */
const here = new BlockList();
here.addSubnet("127.0.0.0", 8);
here.addSubnet("0.0.0.0", 8);
here.addAddress("::", "ipv6");
here.addAddress("::1", "ipv6");

function isHere(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  return isLoopback(name) || name.endsWith(".localhost") || isAmong(here, name);
}

/** IPv4 addresses within IPv6 ones count as what they are. */
function isAmong(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}
