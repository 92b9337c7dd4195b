import { homedir } from "node:os";
import type { Settings } from "@stowage/config";
import { parseProxySettings } from "@stowage/hosts";
import { openHosts } from "@stowage/hosts-fs";
import { authFilePlaces, openKeychain } from "@stowage/keychain";
import type { Keychain, Registry } from "@stowage/registry";
import type { HttpRegistry } from "@stowage/registry-http";
import { version } from "./version.ts";

/**
 * The registries as this machine is set up for them: its hosts, its credentials, its proxies. The client is loaded at the first
 * question, or when the process has been there for a moment: who only asks what is here need not wait for it, and no pull has to.
 */
export function openRegistry(settings: Settings["registry"]): Registry & AsyncDisposable {
  let opening: Promise<HttpRegistry> | undefined;
  const open = (): Promise<HttpRegistry> => {
    opening ??= openClient(settings);
    return opening;
  };
  const loading = setTimeout(() => void warm(), idleMilliseconds).unref();
  return {
    resolve: async (reference, options) => (await open()).resolve(reference, options),
    document: async (repository, want, options) => (await open()).document(repository, want, options),
    async *blob(repository, want, options) {
      yield* (await open()).blob(repository, want, options);
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(loading);
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

/** Longer than a command takes that asks for no more than what is here, and less than anybody takes to ask for a pull. */
const idleMilliseconds = 300;

/** Where that fails, the first question says so. */
async function warm(): Promise<void> {
  await import("@stowage/registry-http").catch(() => undefined);
}

async function openClient(settings: Settings["registry"]): Promise<HttpRegistry> {
  const { openHttpRegistry } = await import("@stowage/registry-http");
  const { env } = process;
  const plainHttp = new Set(settings.plainHttp);
  return openHttpRegistry({
    hosts: openHosts({
      roots: settings.hostsDirs,
      registriesConf: { file: settings.registriesConf, dropIns: [`${settings.registriesConf}.d`] },
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
  return openKeychain({ files, env });
}
