import { randomUUID } from "node:crypto";
import { algorithmOf, digestOf, isDigest } from "@stowage/oci";
import { emptyAnswer, errorAnswer, type FakeAnswer, type FakeRequest, targetOf } from "./exchange.ts";
import type { RegistryContent } from "./registry-content.ts";
import type { Route } from "./route.ts";

interface Upload {
  readonly repository: string;
  readonly bytes: Uint8Array;
  /** Whether the last chunk was too short for another one to follow. */
  readonly ended: boolean;
}

/** Blobs on their way in (OCI distribution-spec, "Pushing Blobs"): in one request, or in chunks without gaps. */
export class Uploads {
  readonly #content: RegistryContent;
  readonly #chunkMinLength: number | undefined;
  readonly #going = new Map<string, Upload>();

  constructor(content: RegistryContent, chunkMinLength?: number) {
    this.#content = content;
    this.#chunkMinLength = chunkMinLength;
  }

  /** Mounts the blob that the query names, takes the one in the body, or begins an upload. */
  start({ repository }: Route, request: FakeRequest): FakeAnswer {
    const { query } = targetOf(request);
    const [mount = "", from] = [query.get("mount") ?? undefined, query.get("from")];
    const mounted = from === null || !isDigest(mount) ? undefined : this.#content.findBlob(from, mount);
    if (mounted !== undefined) return this.#keep(repository, mount, mounted);
    const digest = query.get("digest");
    if (digest !== null) return this.#keep(repository, digest, request.bytes);
    const id = randomUUID();
    const upload = { repository, bytes: new Uint8Array(), ended: false };
    this.#going.set(id, upload);
    return this.#progress(202, id, upload);
  }

  /** How far an upload has come. */
  tell(route: Route): FakeAnswer {
    const upload = this.#find(route);
    return upload === undefined ? unknownUpload() : this.#progress(204, route.name, upload);
  }

  append(route: Route, request: FakeRequest): FakeAnswer {
    const upload = this.#find(route);
    if (upload === undefined || !hasState(request)) return unknownUpload();
    if (!follows(upload, request)) return this.#progress(416, route.name, upload);
    if (upload.ended) return errorAnswer(400, { code: "SIZE_INVALID", message: "the last chunk was too short" });
    const grown = {
      ...upload,
      bytes: Buffer.concat([upload.bytes, request.bytes]),
      ended: request.bytes.byteLength < (this.#chunkMinLength ?? 0),
    };
    this.#going.set(route.name, grown);
    return this.#progress(202, route.name, grown);
  }

  finish(route: Route, request: FakeRequest): FakeAnswer {
    const upload = this.#find(route);
    if (upload === undefined || !hasState(request)) return unknownUpload();
    if (!follows(upload, request)) return this.#progress(416, route.name, upload);
    this.#going.delete(route.name);
    const digest = targetOf(request).query.get("digest") ?? "";
    return this.#keep(route.repository, digest, Buffer.concat([upload.bytes, request.bytes]));
  }

  cancel(route: Route): FakeAnswer {
    if (this.#find(route) === undefined) return unknownUpload();
    this.#going.delete(route.name);
    return emptyAnswer(204);
  }

  #find({ repository, name }: Route): Upload | undefined {
    const upload = this.#going.get(name);
    return upload?.repository === repository ? upload : undefined;
  }

  #keep(repository: string, digest: string, bytes: Uint8Array): FakeAnswer {
    if (!isDigest(digest) || digestOf(bytes, algorithmOf(digest)) !== digest)
      return errorAnswer(400, { code: "DIGEST_INVALID", message: "provided digest did not match uploaded content" });
    this.#content.putBlob(repository, digest, bytes);
    return emptyAnswer(201, { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest });
  }

  #progress(status: number, id: string, { repository, bytes }: Upload): FakeAnswer {
    return emptyAnswer(status, {
      location: `/v2/${repository}/blobs/uploads/${id}?state=${bytes.byteLength}`,
      range: `0-${Math.max(0, bytes.byteLength - 1)}`,
      ...(this.#chunkMinLength === undefined ? {} : { "oci-chunk-min-length": String(this.#chunkMinLength) }),
    });
  }
}

/** A client has to keep the query of a `Location`, and may add to it. */
function hasState(request: FakeRequest): boolean {
  return targetOf(request).query.has("state");
}

/** Whether a body begins where the upload ends and is as long as it says; one that says nothing is taken as it comes. */
function follows(upload: Upload, { headers, bytes }: FakeRequest): boolean {
  const range = headers["content-range"];
  const { byteLength: start } = upload.bytes;
  return range === undefined || range === `${start}-${start + bytes.byteLength - 1}`;
}

function unknownUpload(): FakeAnswer {
  return errorAnswer(404, { code: "BLOB_UPLOAD_UNKNOWN", message: "blob upload unknown to registry" });
}
