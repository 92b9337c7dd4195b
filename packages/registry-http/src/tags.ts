import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";
import type { TagsOptions } from "@stowage/registry";
import type { Call } from "./call.ts";
import { refuseEncoding } from "./document.ts";
import { flawedAnswer } from "./flawed-answer.ts";
import { maxPageBytes } from "./limits.ts";
import { listItems } from "./pages.ts";
import type { RegistryClient } from "./registry-client.ts";
import { parseObject } from "./registry-words.ts";
import { type HttpAnswer, readAtMost } from "./transport.ts";

/** The tags of a repository (OCI distribution-spec, "Listing Tags"). */
export async function* listTags(
  client: RegistryClient,
  call: Call & { readonly options: TagsOptions },
): AsyncGenerator<string, void, undefined> {
  const { pageSize } = call.options;
  if (pageSize !== undefined && !(Number.isSafeInteger(pageSize) && pageSize > 0)) {
    throw new StowageError("invalid-argument", `Cannot ${call.action}: there are no pages of ${pageSize} tags`);
  }
  const search = pageSize === undefined ? "" : `?n=${pageSize}`;
  const place = { capability: "resolve", path: "tags/list", search, accept: "application/json" } as const;
  yield* listItems(client, call, { ...place, read: readTags });
}

/** `null` is what some registries have for none. */
async function readTags(call: Call, answer: HttpAnswer): Promise<readonly string[]> {
  refuseEncoding(call, answer);
  const { bytes, whole } = await readAtMost(answer.body, maxPageBytes);
  if (!whole) throw flawedAnswer(call, answer, `it lists tags in more than ${maxPageBytes} bytes at once`);
  const { tags } = parseObject(new TextDecoder().decode(bytes)) ?? {};
  const names: readonly unknown[] | undefined = tags === null ? [] : Array.isArray(tags) ? tags : undefined;
  if (names === undefined) throw flawedAnswer(call, answer, "it answers without a list of tags");
  return names.map((name) => {
    if (typeof name === "string" && wellFormed.test(name)) return name;
    throw flawedAnswer(call, answer, `it lists ${quoteText(String(name))}, which is no tag`);
  });
}

/** OCI distribution-spec, "Pulling manifests". */
const wellFormed = /^\w[\w.-]{0,127}$/;
