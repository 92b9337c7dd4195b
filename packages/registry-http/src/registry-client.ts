import type { Authorizer } from "./authorizer.ts";
import type { Call } from "./call.ts";
import type { Origins } from "./origin.ts";
import { follow } from "./redirect.ts";
import { refusalOf } from "./refusal.ts";
import type { HttpAnswer, Send } from "./transport.ts";
import { speaksNoTls } from "./transport-error.ts";

export interface RegistryClient {
  readonly send: Send;
  readonly origins: Origins;
  readonly authorizer: Authorizer;
}

/** What to get, below `/v2/<repository>/`. */
export interface Wanted {
  readonly path: string;
  readonly accept: string;
}

/** A 200, from the registry or from where it redirects to; every other answer is thrown as `refusalOf` has it. */
export async function get(client: RegistryClient, call: Call, wanted: Wanted): Promise<HttpAnswer> {
  const [first, ...others] = client.origins.candidates(call);
  if (first === undefined) throw new Error("Every domain has an origin");
  const answer = await getFrom(client, call, { ...wanted, origin: first, others });
  if (answer.status !== 200) throw await refusalOf(call, answer);
  return answer;
}

type Located = Wanted & { readonly origin: URL; readonly others: readonly URL[] };

/** Asks the first origin, and the next where that does not speak its scheme. */
async function getFrom(client: RegistryClient, call: Call, { others, ...wanted }: Located): Promise<HttpAnswer> {
  try {
    const answer = await getAuthorized(client, call, wanted);
    client.origins.remember(wanted.origin);
    return answer;
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !speaksNoTls(error, wanted.origin)) throw error;
    return await getFrom(client, call, { ...wanted, origin: next, others: rest });
  }
}

/** With what was good the last time; after a 401, once more with what the challenge asks for. */
async function getAuthorized(
  { send, authorizer }: RegistryClient,
  call: Call,
  { path, accept, origin }: Omit<Located, "others">,
): Promise<HttpAnswer> {
  const url = new URL(`/v2/${call.repository.path}/${path}`, origin);
  const request = { url, registry: origin, headers: { accept } };
  const answer = await follow(send, call, { ...request, authorization: authorizer.find(call, origin) });
  if (answer.status !== 401 || answer.request.url.origin !== origin.origin) return answer;
  answer.discard();
  return await follow(send, call, { ...request, authorization: await authorizer.renew(call, answer) });
}
