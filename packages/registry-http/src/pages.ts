import type { HostCapability, RegistryHost } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { Call, PlacedCall } from "./call.ts";
import { flawedAnswer } from "./flawed-answer.ts";
import { maxListed, maxPages } from "./limits.ts";
import { findLink, parseLinks } from "./link.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, headersOf } from "./transport.ts";

/** A list that a registry has, below `/v2/<repository>/`. */
export interface Listing<Item> {
  readonly capability: HostCapability;
  readonly path: string;
  /** The query of its first page: `""`, or from the question mark on. */
  readonly search: string;
  readonly accept: string;
  /** The items of one page. */
  readonly read: (call: Call, answer: HttpAnswer) => Promise<readonly Item[]>;
}

interface Page<Item> {
  readonly host: RegistryHost;
  readonly answer: HttpAnswer;
  readonly items: readonly Item[];
  /** The query of the next page. */
  readonly next: string | undefined;
}

/**
 * The items of a list, page by page (OCI distribution-spec, "Listing Tags"), all from the host that has the first one. Of a
 * link to the next page only its query is taken, so that nobody is sent elsewhere by it. A list that seems to have no end is
 * `failed-precondition`.
 */
export async function* listItems<Item>(
  client: RegistryClient,
  call: Call,
  { capability, ...listing }: Listing<Item>,
): AsyncGenerator<Item, void, undefined> {
  let asked = client;
  let { search } = listing;
  for (let pages = 1, items = 0; ; pages += 1) {
    const ask = async (placed: PlacedCall): Promise<Page<Item>> =>
      await askPage(client, placed, { ...listing, search });
    const page: Page<Item> = await overHosts(asked, call, { capability, ask });
    items += page.items.length;
    if (pages > maxPages || items > maxListed) throw flawedAnswer(call, page.answer, "its list has no end");
    yield* page.items;
    if (page.next === undefined) return;
    search = page.next;
    asked = onlyAt(client, page.host);
  }
}

/** The same client, for which a repository has one host alone. */
export function onlyAt(client: RegistryClient, host: RegistryHost): RegistryClient {
  return { ...client, hosts: { plan: async () => [host] } };
}

async function askPage<Item>(
  client: RegistryClient,
  call: PlacedCall,
  { path, search, accept, read }: Omit<Listing<Item>, "capability">,
): Promise<Page<Item>> {
  const { document: milliseconds } = client.settings.timeouts;
  const answer = await askHost(client, call, {
    path: path + search,
    headers: { accept },
    statuses: [200],
    milliseconds,
  });
  const items = await read(call, answer);
  return { host: call.host, answer, items, next: nextOf(call, answer) };
}

/** Where a list goes on must be at the same origin and path, and not where it just was. */
function nextOf(call: PlacedCall, answer: HttpAnswer): string | undefined {
  const target = findLink(parseLinks(headersOf(answer, "link")), "next");
  if (target === undefined) return undefined;
  const { url } = answer.request;
  const next = URL.parse(target, url);
  const isThere = next?.origin === url.origin && next.pathname === url.pathname;
  if (!isThere || url.host !== call.host.url.host)
    throw flawedAnswer(call, answer, "its next page is at another place");
  if (next.search === url.search) throw flawedAnswer(call, answer, "its next page is the same one again");
  return next.search;
}
