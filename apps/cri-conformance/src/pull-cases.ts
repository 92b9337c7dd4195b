import { blobsFetched } from "./blobs-fetched.ts";
import type { Case } from "./case.ts";
import { expectEqual, expectThat } from "./expectation.ts";

export const pullCases: readonly Case[] = [
  {
    name: "a pull by tag gives an image with that tag",
    source: "critest",
    async run({ client, offer }) {
      const { name } = offer();
      await client.pull(name);
      expectEqual("repo_tags", (await client.status(name))?.repoTags, [name]);
    },
  },
  {
    name: "a pull without a tag gives the tag latest",
    source: "critest",
    async run({ client, registry, makeImage }) {
      registry.putImage("untagged", "latest", makeImage());
      const name = `${registry.host}/untagged`;
      await client.pull(name);
      expectEqual("repo_tags", (await client.status(name))?.repoTags, [`${name}:latest`]);
    },
  },
  {
    name: "a pull by digest gives no tag, and exactly the digest that was asked for",
    source: "critest",
    async run({ client, offer }) {
      const { repository, image } = offer();
      const name = `${repository}@${image.digest}`;
      await client.pull(name);
      const { repoTags, repoDigests } = (await client.status(name)) ?? {};
      expectEqual("repo_tags and repo_digests", { repoTags, repoDigests }, { repoTags: [], repoDigests: [name] });
    },
  },
  {
    name: "the digest of an index and that of its manifest for this platform are one image",
    source: "cri-v1 rule 4.10",
    async run({ client, offer }) {
      const { repository, image } = offer("indexed", { index: true });
      const index = await client.pull(`${repository}@${image.digest}`);
      expectEqual("the id:", await client.pull(`${repository}@${image.platforms[0]?.manifest.digest}`), index);
    },
  },
  {
    name: "image_ref is the id of the image, and the same after a second pull",
    source: "cri-v1 rule 4.1",
    async run({ client, offer }) {
      const { name, image, repository } = offer();
      const id = await client.pull(name);
      expectEqual("the id:", (await client.status(name))?.id, id);
      expectEqual("image_ref of a second pull:", await client.pull(name), id);
      expectEqual("image_ref of a pull by digest:", await client.pull(`${repository}@${image.digest}`), id);
    },
  },
  {
    name: "a second pull fetches no blob again",
    source: "kubelet",
    async run({ client, offer, registry }) {
      const { name, image } = offer();
      await client.pull(name);
      await client.pull(name);
      const fetched = blobsFetched(registry, image);
      expectThat(
        "each blob fetched once",
        fetched.every((times) => times === 1),
        fetched,
      );
    },
  },
  {
    name: "a tag that has moved is the new image's, and the old image keeps its digest",
    source: "kubelet",
    async run({ client, offer, registry, makeImage }) {
      const { name, repository, image } = offer();
      const old = await client.pull(name);
      registry.putImage("app", "v1", makeImage());
      const fresh = await client.pull(name);
      expectThat("another id", old !== fresh, fresh);
      expectEqual("what the tag means:", (await client.status(name))?.id, fresh);
      const { repoTags, repoDigests } = (await client.status(old)) ?? {};
      const expected = { repoTags: [], repoDigests: [`${repository}@${image.digest}`] };
      expectEqual("the old image's names:", { repoTags, repoDigests }, expected);
    },
  },
  {
    name: "an image behind an index has a size above 0",
    source: "cri-v1 3.3",
    async run({ client, offer }) {
      const { name } = offer("indexed", { index: true });
      await client.pull(name);
      const size = (await client.status(name))?.size ?? 0n;
      expectThat("a size above 0", size > 0n, size);
    },
  },
];
