import { homedir } from "node:os";
import type { Settings } from "@stowage/config";
import { parseProxySettings } from "@stowage/hosts";
import { openHosts } from "@stowage/hosts-fs";
import { authFilePlaces, openKeychain } from "@stowage/keychain";
import type { Keychain } from "@stowage/registry";
import { type HttpRegistry, openHttpRegistry } from "@stowage/registry-http";
import { version } from "./version.ts";

/** The registries as this machine is set up for them: its hosts, its credentials, its proxies. */
export function openRegistry(settings: Settings["registry"]): HttpRegistry {
  const { env } = process;
  const plainHttp = new Set(settings.plainHttp);
  return openHttpRegistry({
    hosts: openHosts({
      roots: settings.hostsDirs,
      registriesConf: { file: settings.registriesConf, dropIns: [`${settings.registriesConf}.d`] },
      freshMilliseconds,
    }),
    keychain: openNodeKeychain(settings.authFile),
    proxies: parseProxySettings({
      httpProxy: env["http_proxy"] ?? env["HTTP_PROXY"],
      httpsProxy: env["https_proxy"] ?? env["HTTPS_PROXY"],
      noProxy: env["no_proxy"] ?? env["NO_PROXY"],
      hosts: settings.proxies,
    }),
    plainHttp: (domain) => plainHttp.has(domain),
    trustedRealms: settings.trustedRealms,
    userAgent: `stowage/${version}`,
  });
}

/** The credentials of whoever runs this process: from `file` alone, or else from the usual places. */
export function openNodeKeychain(file: string | undefined): Keychain {
  const { env } = process;
  const files = authFilePlaces({ env, home: env["HOME"] ?? homedir(), uid: process.getuid?.() ?? 0 }, file);
  return openKeychain({ files, env, freshMilliseconds });
}

/** A change counts sooner than anybody could ask; many small pulls need not look for the same files each. */
const freshMilliseconds = 250;
