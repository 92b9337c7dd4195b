import { homedir } from "node:os";
import type { Login } from "@stowage/auth";
import type { Settings } from "@stowage/config";
import type { AbortOptions } from "@stowage/errors";
import { type ProxySettings, parseProxySettings, proxyFor } from "@stowage/hosts";
import { type ExplainingHosts, openHosts, openNames, type RegistriesConfPlaces } from "@stowage/hosts-fs";
import {
  authFilePlaces,
  forgetLogin,
  type KeychainOptions,
  type LocatingKeychain,
  type LoginPlace,
  openKeychain,
  openNamespacedKeychains,
  storeLogin,
} from "@stowage/keychain";
import type { Hosts, Keychain, Names, NamespacedKeychains, Registry } from "@stowage/registry";
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
  return clientOf(settings, { hosts: hostsOf(settings), keychain: openNodeKeychain(settings.authFile) });
}

async function clientOf(
  settings: Settings["registry"],
  parts: { readonly hosts: Hosts; readonly keychain: Keychain },
): Promise<HttpRegistry> {
  const { openHttpRegistry } = await import("@stowage/registry-http");
  const plainHttp = new Set(settings.plainHttp);
  return openHttpRegistry({
    ...parts,
    proxies: proxiesOf(settings),
    plainHttp: (domain) => plainHttp.has(domain),
    trustedRealms: settings.trustedRealms,
    userAgent: `stowage/${version}`,
  });
}

function proxiesOf({ proxies: hosts }: Settings["registry"]): ProxySettings {
  const { env } = process;
  return parseProxySettings({
    httpProxy: env["http_proxy"] ?? env["HTTP_PROXY"],
    httpsProxy: env["https_proxy"] ?? env["HTTPS_PROXY"],
    noProxy: env["no_proxy"] ?? env["NO_PROXY"],
    hosts,
  });
}

function hostsOf({ hostsDirs: roots, ...settings }: Settings["registry"]): ExplainingHosts {
  return openHosts({ roots, registriesConf: registriesConfPlaces(settings) });
}

/** What names stand for, as this machine is set up. */
export function openNodeNames(settings: NameSettings): Names {
  return openNames({ ...registriesConfPlaces(settings), aliases: settings.shortNameAliases });
}

type NameSettings = Pick<Settings["registry"], "registriesConf" | "shortNameAliases">;

function registriesConfPlaces({ registriesConf: file }: Pick<NameSettings, "registriesConf">): RegistriesConfPlaces {
  return { file, dropIns: [`${file}.d`] };
}

/** The registries for whoever asks them directly, how each is found, and who has which credential. */
export interface RegistryTools extends AsyncDisposable {
  readonly registry: HttpRegistry;
  readonly hosts: ExplainingHosts;
  readonly names: Names;
  readonly keychain: LocatingKeychain;
  /** Through which proxy a URL is asked for, if through any. */
  proxyFor(url: URL): URL | undefined;
  /** Keeps a user name and a password for whoever runs this process. */
  storeLogin(login: Login, options?: AbortOptions): Promise<LoginPlace>;
  /** Forgets what is kept for a host; returns where it was. */
  forgetLogin(domain: string, options?: AbortOptions): Promise<readonly LoginPlace[]>;
}

/** Opens them as this machine is set up for them. */
export async function openRegistryTools(settings: Settings["registry"]): Promise<RegistryTools> {
  const hosts = hostsOf(settings);
  const keychain = openNodeKeychain(settings.authFile);
  const registry = await clientOf(settings, { hosts, keychain });
  const kept = nodeKeychainOptions(settings.authFile);
  return {
    registry,
    hosts,
    names: openNodeNames(settings),
    keychain,
    proxyFor: (url) => proxyFor(proxiesOf(settings), url),
    storeLogin: (login, options) => storeLogin(login, { ...kept, ...options }),
    forgetLogin: (domain, options) => forgetLogin(domain, { ...kept, ...options }),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

/** What is laid down for pulls of Kubernetes namespaces, where the settings have a place for it. */
export async function openNamespaceCredentials({
  namespacedAuthDir,
}: Settings["registry"]): Promise<NamespacedKeychains | undefined> {
  return namespacedAuthDir === undefined ? undefined : await openNamespacedKeychains(namespacedAuthDir);
}

/** The credentials of whoever runs this process: from `file` alone, or else from the usual places. */
export function openNodeKeychain(file: string | undefined): LocatingKeychain {
  return openKeychain(nodeKeychainOptions(file));
}

function nodeKeychainOptions(file: string | undefined): KeychainOptions {
  const { env } = process;
  const files = authFilePlaces({ env, home: env["HOME"] ?? homedir(), uid: process.getuid?.() ?? 0 }, file);
  return { files, env };
}
