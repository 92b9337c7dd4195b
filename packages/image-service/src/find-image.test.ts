import { StowageError } from "@stowage/errors";
import { digestOf, parseDigest } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import type { Names } from "@stowage/registry";
import { expect, test } from "vitest";
import { findImages as findAmong } from "./find-image.ts";
import { recordOf } from "./image-record.test.fixture.ts";
import { MemoryImageIndex } from "./memory-image-index.test.fixture.ts";

const idOf = (beginning: string) => parseDigest(`sha256:${beginning.padEnd(64, "0")}`);

/** Two ids that begin with `beef`, one that does not, and a tag that looks as if it were the beginning of the third. */
const images = {
  app: { record: recordOf("app", idOf("beef1234")), names: ["docker.io/library/app:v1"] },
  base: { record: recordOf("base", idOf("beef5678")), names: ["ghcr.io/team/base:v1", "docker.io/library/base:v1"] },
  tool: { record: recordOf("tool", idOf("cafe90ab")), names: [`docker.io/library/tool@${digestOf("index of tool")}`] },
  named: { record: recordOf("named", idOf("1234")), names: ["docker.io/library/cafe:latest"] },
};

async function indexOf(names: readonly (keyof typeof images)[]): Promise<MemoryImageIndex> {
  const index = new MemoryImageIndex();
  for (const name of names) await index.publish(images[name].record, images[name].names);
  return index;
}

/** What short names stand for where nobody has set anything. */
const usual: Names = { candidates: async (text) => ({ references: [parseReference(text)] }) };

const findImages = (index: MemoryImageIndex, text: string, handler?: string) =>
  findAmong({ images: index, names: usual }, text, handler);

async function find(text: string, names: readonly (keyof typeof images)[] = ["app", "base", "tool"]) {
  return (await findImages(await indexOf(names), text))[0]?.id;
}

const { app, base, tool, named } = images;

test.for([
  { what: "a whole id", text: app.record.id, means: app },
  { what: "a whole id without its algorithm", text: app.record.id.slice("sha256:".length), means: app },
  { what: "the beginning of one id", text: "beef1", means: app },
  { what: "the beginning of one id with its algorithm", text: "sha256:beef5", means: base },
  { what: "three hex digits", text: "caf", means: tool },
  { what: "all of an id but its last digit", text: app.record.id.slice("sha256:".length, -1), means: app },
  { what: "a familiar name", text: "app:v1", means: app },
  { what: "a complete name", text: "docker.io/library/app:v1", means: app },
  { what: "one name of several", text: "ghcr.io/team/base:v1", means: base },
  { what: "a digest name as it was resolved", text: `tool@${digestOf("index of tool")}`, means: tool },
  { what: "the digest of the platform's manifest", text: `tool@${digestOf("manifest of tool")}`, means: tool },
  { what: "the digest of an index that a tag was resolved to", text: `app@${digestOf("index of app")}`, means: app },
  { what: "a tag and a digest, by the digest", text: `app:v9@${digestOf("index of app")}`, means: app },
  { what: "the digest of an index alone", text: digestOf("index of base"), means: base },
])("finds an image by $what", async ({ text, means }) => {
  expect(await find(text)).toBe(means.record.id);
});

test.for([
  { what: "an absent id (REF-12)", text: idOf("1111") },
  { what: "an absent id without its algorithm, which could be no name (REF-12)", text: "1".repeat(64) },
  { what: "two hex digits, which are a name (REF-14)", text: "ca" },
  { what: "two hex digits after an algorithm, which are a tag (REF-14)", text: "sha256:ca" },
  { what: "the middle of an id (REF-18)", text: "afe90" },
  { what: "the end of an id (REF-18)", text: "90ab".padEnd(60, "0") },
  { what: "a name with another tag", text: "app:v2" },
  { what: "a name in another repository", text: "quay.io/library/app:v1" },
  { what: "a digest in a repository where the image has no name", text: `other@${digestOf("index of app")}` },
  {
    what: "a digest in a repository whose name only begins like that of the image",
    text: `ap@${digestOf("index of app")}`,
  },
  { what: "the digest of a config as that of a document", text: `app@${app.record.id}` },
])("finds nothing by $what", async ({ text }) => {
  expect(await find(text)).toBeUndefined();
});

test("an absent id is asked for as an id, not as a name, also where such a name is there (REF-12)", async () => {
  const index = new MemoryImageIndex();
  await index.publish(app.record, [`docker.io/library/sha256:${"1".repeat(64)}`]);
  expect(await findImages(index, `sha256:${"1".repeat(64)}`)).toEqual([]);
});

test("refuses the beginning of several ids, and says that it is ambiguous (REF-15)", async () => {
  await expect(find("beef")).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining('"beef": the ids of several images begin with it'),
  });
  await expect(find("sha256:beef")).rejects.toMatchObject({ code: "invalid-argument" });
});

test.for([[], ["app"], ["app", "base"]] as const)(
  "refuses the empty text where %j are here (REF-16)",
  async (names) => {
    await expect(find("", names)).rejects.toMatchObject({ code: "invalid-argument" });
  },
);

test("takes a tag that looks like the beginning of an id for the tag (REF-17)", async () => {
  expect(await find("cafe", ["tool", "named"])).toBe(named.record.id);
  expect(await find("cafe", ["tool"])).toBe(tool.record.id);
});

test("takes a name that is also the beginning of several ids for the name (REF-15, REF-17)", async () => {
  const index = await indexOf(["app", "base"]);
  await index.publish(tool.record, ["docker.io/library/beef:latest"]);
  expect((await findImages(index, "beef"))[0]?.id).toBe(tool.record.id);
});

test("takes two hex digits for a name where such a name is there (REF-14)", async () => {
  const index = await indexOf(["tool"]);
  await index.publish(app.record, ["docker.io/library/ca:latest"]);
  expect((await findImages(index, "ca"))[0]?.id).toBe(app.record.id);
});

test.for(["UPPER", "a//b", "a b", "app:", "sha256:", "BEEF"])("refuses %j, which is no name", async (text) => {
  await expect(find(text)).rejects.toMatchObject({ code: "invalid-argument" });
});

test("finds for each handler the first image of an index, the default one's before the others'", async () => {
  const index = new MemoryImageIndex();
  const arm = { ...recordOf("app", idOf("aaaa")), handler: "arm" };
  const plain = recordOf("app", idOf("bbbb"));
  await index.publish(arm, ["docker.io/library/app:v1"]);
  await index.publish(plain, ["docker.io/library/app:v1"]);
  for (const text of [digestOf("index of app"), `app@${digestOf("index of app")}`, "app:v1"]) {
    const found = await findImages(index, text);
    expect(
      found.map(({ id }) => id),
      text,
    ).toEqual([plain.id, arm.id]);
    expect(
      (await findImages(index, text, "arm")).map(({ id }) => id),
      text,
    ).toEqual([arm.id]);
    expect(
      (await findImages(index, text, "")).map(({ id }) => id),
      text,
    ).toEqual([plain.id]);
  }
});

/** Each name is looked for in two registries. */
const searching = (ambiguity?: string): Names => ({
  candidates: async (text) => ({
    references: ["docker.io", "ghcr.io/team"].map((registry) => parseReference(`${registry}/${text}`)),
    ambiguity,
  }),
});

test.for([
  { what: "the first of its candidates that is here", text: "app:v1", ambiguity: undefined, means: app },
  { what: "the first of several that are here", text: "base:v1", ambiguity: undefined, means: base },
  { what: "the only one that is here, where it is ambiguous (REF-26)", text: "app:v1", ambiguity: "it is", means: app },
  { what: "the only image that several are here of", text: "base:v1", ambiguity: "it is", means: base },
])("finds by a short name $what", async ({ text, ambiguity, means }) => {
  const [found] = await findAmong({ images: await indexOf(["app", "base"]), names: searching(ambiguity) }, text);
  expect(found?.id).toBe(means.record.id);
});

test("refuses a short name that is ambiguous and of which two are here (CRI-16)", async () => {
  const index = await indexOf(["app"]);
  await index.publish(tool.record, ["ghcr.io/team/app:v1"]);
  const dependencies = { images: index, names: searching("it returns ambiguous list") };
  await expect(findAmong(dependencies, "app:v1")).rejects.toMatchObject({
    code: "invalid-argument",
    message: 'Cannot find image "app:v1": it returns ambiguous list',
  });
});

test("finds by the beginning of an id, also where short names cannot be looked for anywhere", async () => {
  const names: Names = {
    candidates: () => Promise.reject(new StowageError("invalid-argument", "Cannot find an image: nowhere")),
  };
  const dependencies = { images: await indexOf(["tool"]), names };
  expect((await findAmong(dependencies, "caf"))[0]?.id).toBe(tool.record.id);
  expect(await findAmong(dependencies, "abc")).toEqual([]);
  await expect(findAmong(dependencies, "name")).rejects.toThrow("nowhere");
});
