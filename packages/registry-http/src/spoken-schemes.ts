import { isOwnHost } from "@stowage/hosts";
import type { RegistryHost } from "@stowage/registry";
import type { Call } from "./call.ts";

/** Whether hosts speak https or http. One that may speak either is asked over https first, and once it answered, the same way. */
export class SpokenSchemes {
  readonly #plainHttp: (domain: string) => boolean;
  readonly #answered = new Map<string, string>();

  constructor(plainHttp: (domain: string) => boolean) {
    this.#plainHttp = plainHttp;
  }

  /** The host under each scheme that may be tried, first choice first. */
  candidates(host: RegistryHost, { repository, options }: Call): readonly RegistryHost[] {
    const isPlain = options.plainHttp ?? this.#plainHttp(repository.domain);
    if (isPlain && isOwnHost(host, repository)) return [withScheme(host, "http:")];
    if (host.orPlainHttp !== true || host.url.protocol === "http:") return [host];
    const known = this.#answered.get(host.url.host);
    return known === undefined ? [host, withScheme(host, "http:")] : [withScheme(host, known)];
  }

  /** It does not answer as it did: both schemes are tried again. */
  forget({ url }: RegistryHost): void {
    this.#answered.delete(url.host);
  }

  remember({ url, orPlainHttp }: RegistryHost): void {
    if (orPlainHttp === true) this.#answered.set(url.host, url.protocol);
  }
}

/** The port stays as it is written; without one it is the scheme's. */
function withScheme(host: RegistryHost, scheme: string): RegistryHost {
  return { ...host, url: new URL(`${scheme}//${host.url.host}${host.url.pathname}`) };
}
