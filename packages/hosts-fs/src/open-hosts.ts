import { dirname, join, resolve } from "node:path";
import { isStowageError } from "@stowage/errors";
import {
  candidatesOf,
  decodeHostsFile,
  decodeRegistriesConf,
  emptyRegistriesConf,
  findRegistry,
  mergeRegistriesConf,
  type PlannedHost,
  planHostsFile,
  planOrigin,
  planRegistriesConf,
  type RegistriesConf,
  refuseBlocked,
  type TrustFiles,
} from "@stowage/hosts";
import { findShortName } from "@stowage/reference";
import type { Hosts, Names, RegistryHost, Repository } from "@stowage/registry";
import { createDecoded, createFiles } from "@stowage/text-files";
import { findCerts } from "./certs-directory.ts";
import { listFiles } from "./directories.ts";
import { findHostDirectory, splitRoots } from "./host-directory.ts";
import { remembered } from "./remembered.ts";
import { createTrustStore } from "./trust-store.ts";

/** Where the configuration is. Everything may be missing. */
export interface HostsPlaces {
  /** Directories with one directory a domain, as containerd, docker and podman have them; also several in one text, between colons. */
  readonly roots: readonly string[];
  readonly registriesConf?: RegistriesConfPlaces | undefined;
}

export interface RegistriesConfPlaces {
  readonly file: string;
  /** Directories whose `*.conf` files come after `file`, in the order of their names. */
  readonly dropIns: readonly string[];
}

/**
 * Hosts as the files of this machine have them. The files are looked at for every plan, and read again where they changed, unless
 * a recent one will do; nothing is watched or held open. While files are the same, so is the `trust` of their hosts, as an object.
 */
export function openHosts({ roots, registriesConf }: HostsPlaces): ExplainingHosts {
  const files = createFiles();
  const trust = createTrustStore(files);
  const sources: Sources = {
    roots: splitRoots(roots),
    readHostsFile: createDecoded(files, decodeHostsFile),
    readRegistries: registriesReader(registriesConf, createDecoded(files, decodeRegistriesConf)),
  };
  const explain = async (repository: Repository): Promise<ExplainedPlan> => {
    const { hosts, because } = await planHosts(sources, repository);
    const trusting = hosts.map(async ({ trustFiles, ...host }): Promise<RegistryHost> => {
      return trustFiles === undefined ? host : { ...host, trust: await trust.load(trustFiles) };
    });
    return { hosts: await Promise.all(trusting), because };
  };
  return { plan: remembered(async (repository) => (await explain(repository)).hosts), explain };
}

/** Names as the registries.conf of this machine has them, which is looked at for every name that says nothing of its registry. */
export function openNames({ aliases, ...registriesConf }: NamesPlaces): Names {
  const { file } = registriesConf;
  const readFile = createDecoded(createFiles(), decodeRegistriesConf);
  const readRegistries = registriesReader(registriesConf, readFile);
  const read = async (): Promise<RegistriesConf> => {
    const learnt = aliases === undefined ? undefined : await readFile(aliases).catch(orClosed);
    return mergeRegistriesConf([await readRegistries(), ...(learnt === undefined ? [] : [learnt])]);
  };
  return {
    async candidates(text, { signal } = {}) {
      signal?.throwIfAborted();
      const conf = findShortName(text) === undefined ? emptyRegistriesConf : await read();
      return candidatesOf(conf, text, { file });
    },
  };
}

export interface NamesPlaces extends RegistriesConfPlaces {
  /** A file that comes last: the short names that tools have learnt, with their aliases. Others than root may not read root's. */
  readonly aliases?: string | undefined;
}

function orClosed(error: unknown): undefined {
  if (!isStowageError(error, "permission-denied")) throw error;
}

/** Hosts whose plans can be accounted for. */
export interface ExplainingHosts extends Hosts {
  /** The plan of this moment, and what says that it is so. Fails as `plan` does. */
  explain(repository: Repository): Promise<ExplainedPlan>;
}

export interface ExplainedPlan {
  readonly hosts: readonly RegistryHost[];
  readonly because: PlanReason;
}

/** What decides where a repository is asked for: a hosts.toml, a prefix in a registries.conf, or its own domain. */
export type PlanReason =
  | { readonly kind: "hosts-file"; readonly file: string }
  | { readonly kind: "registries-conf"; readonly file: string; readonly prefix: string }
  | { readonly kind: "domain" };

interface Sources {
  readonly roots: readonly string[];
  readonly readHostsFile: (path: string) => Promise<ReturnType<typeof decodeHostsFile> | undefined>;
  readonly readRegistries: () => Promise<RegistriesConf>;
}

/**
 * What registries.conf blocks is blocked. Else a hosts.toml decides alone. A directory without one only says whom to believe;
 * then registries.conf says where to ask.
 */
async function planHosts(sources: Sources, repository: Repository): Promise<Planned> {
  const origin = planOrigin(repository);
  const registries = await sources.readRegistries();
  refuseBlocked(registries, repository);
  const directory = await findHostDirectory(sources.roots, repository.domain);
  if (directory !== undefined) {
    const path = join(directory.path, "hosts.toml");
    const file = await sources.readHostsFile(path);
    if (file !== undefined) {
      const hosts = planHostsFile(file, repository, directory).map((host) => placeFiles(host, dirname(path)));
      return { hosts, because: { kind: "hosts-file", file: path } };
    }
  }
  const hosts = planRegistriesConf(registries, repository) ?? [origin];
  const entry = findRegistry(registries, repository);
  return {
    hosts: await Promise.all(hosts.map(async (host) => await addCerts(sources, repository, host))),
    because:
      entry === undefined ? { kind: "domain" } : { kind: "registries-conf", file: entry.file, prefix: entry.prefix },
  };
}

/** Before the certificates are read. */
interface Planned {
  readonly hosts: readonly PlannedHost[];
  readonly because: PlanReason;
}

/** Files are named from where the file is that names them. */
function placeFiles(host: PlannedHost, directory: string): PlannedHost {
  const { trustFiles } = host;
  if (trustFiles === undefined) return host;
  const place = (path: string) => resolve(directory, path);
  const authorities = trustFiles.authorities.map(place);
  const identities = trustFiles.identities.map(({ certificate, key }) => ({
    certificate: place(certificate),
    key: key === undefined ? undefined : place(key),
  }));
  return { ...host, trustFiles: { ...trustFiles, authorities, identities } };
}

/** The certificates of a host's own directory, as docker and podman have them. A URL does not show the port that it need not. */
async function addCerts(
  { roots, readHostsFile }: Sources,
  repository: Repository,
  host: PlannedHost,
): Promise<PlannedHost> {
  const about = planOrigin(repository).url.host === host.url.host ? repository.domain : host.url.host;
  const directory = await findHostDirectory(roots, about);
  if (directory === undefined || (await readHostsFile(join(directory.path, "hosts.toml"))) !== undefined) return host;
  const certs = await findCerts(directory.path);
  return certs === undefined ? host : { ...host, trustFiles: both(host.trustFiles, certs) };
}

function both(planned: TrustFiles | undefined, certs: TrustFiles): TrustFiles {
  return { ...certs, anyCertificate: planned?.anyCertificate ?? false };
}

function registriesReader(
  places: RegistriesConfPlaces | undefined,
  read: (path: string) => Promise<RegistriesConf | undefined>,
): () => Promise<RegistriesConf> {
  if (places === undefined) return async () => emptyRegistriesConf;
  return async () => {
    const paths = [places.file];
    for (const directory of places.dropIns) {
      const names = await listFiles(directory);
      paths.push(...names.filter((name) => name.endsWith(".conf")).map((name) => join(directory, name)));
    }
    const confs = await Promise.all(paths.map(read));
    return mergeRegistriesConf(confs.filter((conf) => conf !== undefined));
  };
}
