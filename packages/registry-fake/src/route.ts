import { type FakeRequest, targetOf } from "./exchange.ts";

/** A request for `name` in a repository. */
export interface Route {
  readonly repository: string;
  readonly kind: string;
  /** A tag, a digest or, after `uploads/`, the id of an upload. */
  readonly name: string;
}

/** What a request is about; `undefined` for one that is not about a repository. */
export function routeOf(request: Pick<FakeRequest, "path">): Route | undefined {
  const { pathname } = targetOf(request);
  const [, repository, kind, name] =
    /^\/v2\/(.+)\/(blobs\/uploads|manifests|blobs|tags|referrers)\/([^/]*)$/.exec(pathname) ?? [];
  return repository === undefined || kind === undefined || name === undefined ? undefined : { repository, kind, name };
}

/** What somebody may do with a repository, as the scopes of tokens name it. */
export type Action = "pull" | "push" | "delete";

/** What a request needs to be allowed. */
export function actionsOf({ method, path }: FakeRequest): readonly Action[] {
  if (/\/blobs\/uploads\//.test(path)) return ["pull", "push"];
  if (method === "DELETE") return ["delete"];
  return method === "GET" || method === "HEAD" ? ["pull"] : ["pull", "push"];
}
