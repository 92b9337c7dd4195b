import { slow, when } from "@stowage/registry-fake";
import { blobsFetched } from "./blobs-fetched.ts";
import type { Case } from "./case.ts";
import { expectEqual, expectThat } from "./expectation.ts";

const many = 20;

export const concurrencyCases: readonly Case[] = [
  {
    name: "twenty pulls of one image at once give one id, and ImageStatus and ListImages have it",
    source: "KEP-3673",
    async run({ client, connect, offer }) {
      const { name } = offer();
      const pulls = Array.from({ length: many }, () => connect().pull(name));
      await client.list();
      const ids = new Set(await Promise.all(pulls));
      expectEqual("the number of ids:", ids.size, 1);
      const listed = (await client.list()).filter(({ id }) => ids.has(id));
      expectEqual(
        "repo_tags in the list",
        listed.map(({ repoTags }) => repoTags),
        [[name]],
      );
    },
  },
  {
    name: "twenty pulls of one image at once fetch each blob once",
    source: "KEP-3673",
    async run({ connect, offer, registry }) {
      const { name, image } = offer();
      registry.wrap(when(/\/blobs\//, slow(200)));
      await Promise.all(Array.from({ length: many }, () => connect().pull(name)));
      const fetched = blobsFetched(registry, image);
      expectThat(
        "each blob fetched once",
        fetched.every((times) => times === 1),
        fetched,
      );
    },
  },
  {
    name: "twenty images are pulled at once, and all are listed",
    source: "KEP-3673",
    async run({ client, makeImage, registry }) {
      const names = Array.from({ length: many }, (_, at) => {
        registry.putImage(`app-${at}`, "v1", makeImage());
        return `${registry.host}/app-${at}:v1`;
      });
      const ids = await Promise.all(names.map((name) => client.pull(name)));
      const listed = new Set((await client.list()).map(({ id }) => id));
      expectThat(
        "all of them in the list",
        ids.every((id) => listed.has(id)),
        listed.size,
      );
    },
  },
  {
    name: "an image that is pulled and removed at once is there with its names or not at all",
    source: "cri-v1 rule 4.12",
    async run({ client, connect, offer }) {
      const { name } = offer();
      const id = await client.pull(name);
      await Promise.all([connect().pull(name), connect().remove(name), connect().pull(name), connect().remove(id)]);
      const image = await client.status(id);
      if (image !== undefined) expectEqual("repo_tags", image.repoTags, [name]);
    },
  },
];
