import type { Image } from "@stowage/cri-api";
import type { Case, CaseContext } from "./case.ts";
import { expectEqual, expectThat } from "./expectation.ts";

export const listCases: readonly Case[] = [
  {
    name: "three images are listed, each with exactly its one tag",
    source: "critest",
    async run(context) {
      const pulled = await pullThree(context);
      const listed = await context.client.list();
      for (const [name, id] of pulled) {
        const images = listed.filter((image) => image.id === id);
        expectEqual(
          "the tags of one image:",
          images.map(({ repoTags }) => repoTags),
          [[name]],
        );
      }
    },
  },
  {
    name: "three tags of one image are one id with exactly three tags",
    source: "critest",
    async run({ client, offer, registry }) {
      const { repository, image } = offer();
      const names = ["v1", "v2", "v3"].map((tag) => {
        registry.putImage("app", tag, image);
        return `${repository}:${tag}`;
      });
      const ids = new Set<string>();
      for (const name of names) ids.add(await client.pull(name));
      expectEqual("the number of ids:", ids.size, 1);
      const images = (await client.list()).filter(({ id }) => ids.has(id));
      expectEqual(
        "the tags of one image:",
        images.map(({ repoTags }) => repoTags.toSorted()),
        [names],
      );
    },
  },
  {
    name: "an image of two repositories is listed once, under the names of both",
    source: "cri-v1 rule 4.12",
    async run({ client, offer, registry }) {
      const { name, repository, image } = offer();
      registry.putImage("other", "v1", image);
      const other = `${registry.host}/other`;
      const id = await client.pull(name);
      await client.pull(`${other}:v1`);
      const [found, ...more] = (await client.list()).filter((listed) => listed.id === id);
      expectEqual("further entries:", more, []);
      expectEqual("repo_tags", found?.repoTags.toSorted(), [`${repository}:v1`, `${other}:v1`]);
      const digests = [repository, other].map((prefix) => `${prefix}@${image.digest}`);
      expectEqual("repo_digests", found?.repoDigests.toSorted(), digests);
    },
  },
  {
    name: "a list has what ImageStatus tells of each image",
    source: "cri-v1 rule 4.12",
    async run(context) {
      const ids = new Set((await pullThree(context)).values());
      for (const image of (await context.client.list()).filter(({ id }) => ids.has(id)))
        expectEqual("the image", await context.client.status(image.id), image);
    },
  },
  {
    name: "a filter by name lists that image alone",
    source: "cri-v1 3.2",
    async run(context) {
      const [[name, id] = ["", ""]] = await pullThree(context);
      expectEqual("ids", idsOf(await context.client.list(name)), [id]);
    },
  },
  {
    name: "a filter by id lists that image alone",
    source: "cri-v1 3.2",
    async run(context) {
      const [[, id] = ["", ""]] = await pullThree(context);
      expectEqual("ids", idsOf(await context.client.list(id)), [id]);
    },
  },
  {
    name: "a filter by a name that is absent lists nothing",
    source: "cri-v1 3.2",
    async run(context) {
      await pullThree(context);
      expectEqual("ids", idsOf(await context.client.list(`${context.registry.host}/absent:v1`)), []);
    },
  },
  {
    name: "StreamImages sends what ListImages lists, at least one in each message, and ends",
    source: "KEP-5825",
    async run(context) {
      await pullThree(context);
      const messages = await context.client.stream();
      expectThat(
        "no empty message",
        messages.every(({ length }) => length > 0),
        messages.map(({ length }) => length),
      );
      expectEqual("ids", idsOf(messages.flat()), idsOf(await context.client.list()));
    },
  },
  {
    name: "StreamImages sends nothing where there is nothing",
    source: "KEP-5825",
    async run({ client, registry }) {
      expectEqual("messages:", await client.stream(`${registry.host}/absent:v1`), []);
    },
  },
];

/** Their ids by name. */
async function pullThree({ client, registry, makeImage }: CaseContext): Promise<ReadonlyMap<string, string>> {
  const pulled = new Map<string, string>();
  for (const repository of ["one", "two", "three"]) {
    registry.putImage(repository, "v1", makeImage());
    const name = `${registry.host}/${repository}:v1`;
    pulled.set(name, await client.pull(name));
  }
  return pulled;
}

function idsOf(images: readonly Image[]): readonly string[] {
  return images.map(({ id }) => id).toSorted();
}
