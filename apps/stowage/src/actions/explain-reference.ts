import type { Credential } from "@stowage/auth";
import { nodePlatform, type RegistryTools, readSettings } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { isOwnHost } from "@stowage/hosts";
import { formatPlatform, parsePlatform } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { RegistryHost } from "@stowage/registry";
import type { Screen } from "../output/screen.ts";
import { openExisting } from "../store/open-existing.ts";
import { openTools } from "../store/open-tools.ts";
import { parseCreds } from "../store/parse-creds.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "../verbs/call.ts";

export interface ExplainOptions extends RegistryOptions {
  readonly platform?: string;
}

/** Prints how a name will be resolved. Nobody is asked for it; credential programs are. */
export async function explainReference(call: Call<ExplainOptions>, text: string): Promise<void> {
  const { options } = call;
  const { registry: settings } = await readSettings(options.config);
  await using tools = await openTools(options);
  const { references, ambiguity } = await tools.names.candidates(text, call);
  const [reference] = references;
  if (reference === undefined) throw new Error("a name without candidates");
  const { hosts, because } = await tools.hosts.explain(reference);
  const isPlain = options.plainHttp ?? settings.plainHttp.includes(reference.domain);
  const platform = options.platform === undefined ? nodePlatform() : parsePlatform(options.platform);
  const { kind, ...where } = because;
  const answer = {
    name: text,
    reference: formatReference(reference),
    candidates: references.map(formatReference),
    ambiguity,
    platform: formatPlatform(platform),
    because: kind,
    ...where,
    hosts: await Promise.all(hosts.map((host) => aboutHost({ host, reference, tools, isPlain }, call))),
    here: await findHere(call, text),
  };
  call.print({ one: answer, screen: () => screenOf(answer) });
}

/** What has the name here now; a store that cannot be asked, or is not there, has nothing to do with how a name is resolved. */
async function findHere({ options, signal }: Call<ExplainOptions>, text: string): Promise<string | undefined> {
  try {
    await using open = await openExisting(options);
    return (await open?.images.find(text, { signal }))?.id;
  } catch (error) {
    if (error instanceof StowageError) return undefined;
    throw error;
  }
}

interface Asked {
  readonly host: RegistryHost;
  readonly reference: Reference;
  readonly tools: RegistryTools;
  readonly isPlain: boolean;
}

async function aboutHost(asked: Asked, call: Call<ExplainOptions>) {
  const { host, isPlain, tools, reference } = asked;
  const isOwn = isOwnHost(host, reference);
  const url = isOwn && isPlain ? plainOf(host.url) : host.url;
  return {
    url: url.href,
    path: host.path,
    role: host.role,
    for: [...host.capabilities],
    scheme: schemeOf(url, host),
    proxy: tools.proxyFor(url)?.host,
    certificates: certificatesOf(host),
    ...(await authorityAt(asked, isOwn, call)),
  };
}

function plainOf(url: URL): URL {
  return new URL(url.href.replace(/^https:/, "http:"));
}

function schemeOf({ protocol }: URL, { orPlainHttp }: RegistryHost): string {
  if (protocol === "http:") return "http";
  return orPlainHttp === true ? "https, then http" : "https";
}

function certificatesOf({ trust }: RegistryHost): string | undefined {
  if (trust === undefined) return undefined;
  if (trust.anyCertificate) return "any";
  const { authorities, identities } = trust;
  return `the machine's, and ${authorities.length} of its own; ${identities.length} to show`;
}

/** The caller's own credential is for the repository's own host; every other has what is kept for it. */
async function authorityAt(
  { host, reference, tools }: Asked,
  isOwn: boolean,
  { options, signal }: Call<ExplainOptions>,
) {
  const given = isOwn ? parseCreds(options.creds) : undefined;
  if (given !== undefined) return { user: userOf(given), credential: "--creds" };
  const scope = isOwn ? reference : { domain: host.url.host, path: host.path };
  const found = await tools.keychain.locate(scope, { signal });
  if (found === undefined) return { user: "nobody" };
  const { source, credential } = found;
  const from =
    source.kind === "entry"
      ? `${source.file}, for ${source.scope}`
      : `${source.program}, which ${source.file} names for ${source.isForHost ? "this host" : "all hosts"}`;
  return { user: userOf(credential), credential: from };
}

function userOf(credential: Credential | undefined): string {
  if (credential === undefined) return "nobody";
  return credential.kind === "basic" ? credential.username : credential.kind.replace("-", " ");
}

type Answer = Readonly<Record<"name" | "reference" | "platform" | "because", string>> & {
  readonly file?: string;
  readonly prefix?: string;
  readonly here: string | undefined;
  readonly candidates: readonly string[];
  readonly ambiguity: string | undefined;
  readonly hosts: readonly Awaited<ReturnType<typeof aboutHost>>[];
};

function screenOf({ name, reference, candidates, ambiguity, platform, hosts, here, ...where }: Answer): Screen {
  const rows = hosts.map(({ url, path, role, scheme, user, credential, proxy, certificates }, at) => [
    String(at + 1),
    `${url}/${path}`,
    role,
    scheme,
    credential === undefined ? user : `${user} (${credential})`,
    [
      ...(proxy === undefined ? [] : [`through ${proxy}`]),
      ...(certificates === undefined ? [] : [`certificates: ${certificates}`]),
    ].join("; "),
  ]);
  return [
    `"${name}" is ${reference}, for ${platform}`,
    ...(candidates.length === 1 ? [] : [`or, where that cannot be had, ${candidates.slice(1).join(", ")}`]),
    ...(ambiguity === undefined ? [] : [`but it is not pulled by that name: ${ambiguity}`]),
    `asked for where ${describeReason(where)}:`,
    { head: ["", "HOST", "ROLE", "SCHEME", "AS", ""], rows },
    here === undefined ? "not here now" : `here now as ${here}`,
  ];
}

function describeReason({ because, file, prefix }: Pick<Answer, "because" | "file" | "prefix">): string {
  if (because === "hosts-file") return `${file} says`;
  return because === "registries-conf" ? `${file} says for the prefix "${prefix}"` : "its own name says";
}
