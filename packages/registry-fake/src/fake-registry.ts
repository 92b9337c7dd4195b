import type { Descriptor, Digest, DigestAlgorithm } from "@stowage/oci";
import { type Authentication, guarded } from "./authentication.ts";
import type { FakeRequest, Fault, Handler } from "./exchange.ts";
import { type ServerTls, startHttpServer } from "./http-server.ts";
import { type FakeDocument, type FakeImage, RegistryContent } from "./registry-content.ts";
import { answerFrom } from "./registry-routes.ts";
import type { RegistryRules } from "./registry-state.ts";
import { Uploads } from "./uploads.ts";

export interface FakeRegistryOptions extends RegistryRules {
  /** Default: everybody is let in. */
  readonly authentication?: Authentication;
  /** Speaks https. Default: plain http. */
  readonly tls?: ServerTls;
}

/** A registry on a port of 127.0.0.1, over HTTP or HTTPS. Disposing it cuts every connection. */
export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`: the domain of its references. */
  readonly host: string;
  /** `http://127.0.0.1:<port>`, or the same with https. */
  readonly origin: string;
  /** All that was asked, in order, token requests included. */
  readonly requests: readonly FakeRequest[];
  /** TCP connections that were made to it so far. */
  readonly connections: number;
  /** Puts a blob into every repository. */
  addBlob(bytes: Uint8Array, algorithm?: DigestAlgorithm): Digest;
  /** Puts a manifest or an index into one repository, under its digests and `tag`. */
  addManifest(repository: string, document: FakeDocument, tag?: string): Descriptor;
  /** Puts a whole image into a repository; returns the descriptor that the tag names. */
  putImage(repository: string, tag: string, image: FakeImage): Descriptor;
  /** Lets it misbehave. Faults stand around each other, the last one outermost; disposing one takes it away. */
  wrap(fault: Fault): Disposable;
}

export async function startRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const { authentication = { kind: "none" }, tls, ...rules } = options;
  const content = new RegistryContent();
  const state = { content, rules, uploads: new Uploads(content, rules.chunkMinLength) };
  const faults = new Set<Fault>();
  const answer: Handler = async (request) => answerFrom(state, request);
  const originOf = (host: string) => `${tls === undefined ? "http" : "https"}://${host}`;
  const server = await startHttpServer(async (request) => {
    const handler = guarded(authentication, originOf(server.host), answer);
    return await [...faults].reduce(around, handler)(request);
  }, tls);
  return {
    host: server.host,
    origin: originOf(server.host),
    requests: server.requests,
    get connections() {
      return server.connections;
    },
    addBlob: (bytes, algorithm) => content.addBlob(bytes, algorithm),
    addManifest: (repository, document, tag) => content.addManifest(repository, document, tag),
    putImage: (repository, tag, image) => content.putImage(repository, tag, image),
    wrap(fault) {
      faults.add(fault);
      return { [Symbol.dispose]: () => void faults.delete(fault) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function around(inner: Handler, fault: Fault): Handler {
  return async (request) => await fault(request, inner);
}
