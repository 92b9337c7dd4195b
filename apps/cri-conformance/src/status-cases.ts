import { status } from "@grpc/grpc-js";
import type { Case, CaseContext } from "./case.ts";
import { expectEqual, expectFailure, expectThat } from "./expectation.ts";

interface Spelling {
  readonly how: string;
  readonly spell: (image: { readonly id: string; readonly repository: string; readonly digest: string }) => string;
}

const spellings: readonly Spelling[] = [
  { how: "its id", spell: ({ id }) => id },
  { how: "the bare hex of its id", spell: ({ id }) => hexOf(id) },
  { how: "a prefix of its id that is unique", spell: ({ id }) => hexOf(id).slice(0, 16) },
  { how: "one of its tags", spell: ({ repository }) => `${repository}:v1` },
  { how: "another of its tags", spell: ({ repository }) => `${repository}:v2` },
  { how: "its digest", spell: ({ repository, digest }) => `${repository}@${digest}` },
  { how: "tag and digest", spell: ({ repository, digest }) => `${repository}:v1@${digest}` },
];

export const statusCases: readonly Case[] = [
  ...spellings.map(
    ({ how, spell }): Case => ({
      name: `an image found by ${how} is the same, whole Image`,
      source: "critest, cri-v1 rule 4.10",
      async run(context) {
        const { id, repository, digest } = await pullTwice(context);
        const first = await context.client.status(id);
        expectThat("an image", first !== undefined, first);
        expectEqual("the image", await context.client.status(spell({ id, repository, digest })), first);
      },
    }),
  ),
  {
    name: "an image found by the image_ref field alone is the same, whole Image",
    source: "KEP-5365",
    async run({ client, offer }) {
      const id = await client.pull(offer().name);
      const { image } = await client.statusOf({ image: { imageRef: id } });
      expectEqual("the image", image, await client.status(id));
    },
  },
  {
    name: "an image that is absent is an answer without an image",
    source: "cri-v1 rule 4.9",
    async run({ client, registry }) {
      expectEqual("the image:", await client.status(`${registry.host}/absent:v1`), undefined);
      expectEqual("the image:", await client.status(`sha256:${"0".repeat(64)}`), undefined);
    },
  },
  {
    name: "ImageStatus of no image at all is refused",
    source: "cri-v1 3.4",
    async run({ client }) {
      await expectFailure(client.status(""), { code: status.INVALID_ARGUMENT });
    },
  },
  {
    name: "a prefix that two ids begin with is refused",
    source: "cri-v1 5.1",
    async run({ client, registry, makeImage }) {
      const [one, other, prefix] = twoWithOnePrefix(makeImage);
      for (const [tag, image] of [["v1", one] as const, ["v2", other] as const]) {
        registry.putImage("twins", tag, image);
        await client.pull(`${registry.host}/twins:${tag}`);
      }
      await expectFailure(client.status(prefix), { code: status.INVALID_ARGUMENT });
    },
  },
  {
    name: "the verbose answer has JSON in it, the other has none",
    source: "crictl",
    async run({ client, offer }) {
      const { name } = offer();
      await client.pull(name);
      const { info } = await client.statusOf({ image: { image: name }, verbose: true });
      const told: unknown = JSON.parse(info["info"] ?? "null");
      const isComplete = typeof told === "object" && told !== null && "chainID" in told && "imageSpec" in told;
      expectThat("an object with chainID and imageSpec", isComplete, told);
      expectEqual("info", (await client.statusOf({ image: { image: name } })).info, {});
    },
  },
  {
    name: "spec has the manifest's annotations, by whatever name it is asked",
    source: "cri-v1 3.1",
    async run({ client, offer }) {
      const annotations = { "org.opencontainers.image.title": "app" };
      const { name } = offer("annotated", { annotations });
      const id = await client.pull(name);
      for (const image of [await client.status(name), await client.status(id), ...(await client.list(id))])
        if (image?.id === id) expectEqual("annotations", image.spec?.annotations, annotations);
    },
  },
];

function hexOf(id: string): string {
  return id.replace(/^sha256:/, "");
}

async function pullTwice({ client, offer, registry }: CaseContext) {
  const { name, repository, image } = offer();
  registry.putImage("app", "v2", image);
  const id = await client.pull(name);
  await client.pull(`${repository}:v2`);
  await client.pull(`${repository}@${image.digest}`);
  return { id, repository, digest: image.digest };
}

/** The shortest prefix that ids are found by; among some dozens of images two have one in common. */
const prefixLength = 3;

function twoWithOnePrefix(makeImage: CaseContext["makeImage"]) {
  const byPrefix = new Map<string, ReturnType<typeof makeImage>>();
  while (true) {
    const image = makeImage();
    const prefix = hexOf(image.platforms[0]?.id ?? "").slice(0, prefixLength);
    const other = byPrefix.get(prefix);
    if (other !== undefined) return [other, image, prefix] as const;
    byPrefix.set(prefix, image);
  }
}
