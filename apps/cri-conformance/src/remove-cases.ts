import { status } from "@grpc/grpc-js";
import type { Case, CaseContext } from "./case.ts";
import type { CriClient } from "./cri-client.ts";
import { expectEqual, expectFailure } from "./expectation.ts";

type NameOf = (image: Awaited<ReturnType<typeof pullUnderThreeTags>>) => string;

const ways: readonly { readonly how: string; readonly name: NameOf }[] = [
  { how: "its id", name: ({ id }) => id },
  { how: "one of its tags", name: ({ names }) => names[1] ?? "" },
  { how: "its digest", name: ({ repository, digest }) => `${repository}@${digest}` },
  { how: "tag and digest", name: ({ repository, digest }) => `${repository}:v1@${digest}` },
  { how: "the bare hex of its id", name: ({ id }) => id.replace(/^sha256:/, "") },
];

export const removeCases: readonly Case[] = [
  ...ways.map(
    ({ how, name }): Case => ({
      name: `removing an image by ${how} removes it with all its tags and digests`,
      source: "critest, cri-v1 rule 4.16",
      async run(context) {
        const image = await pullUnderThreeTags(context);
        await context.client.remove(name(image));
        await expectGone(context.client, image.id, [...image.names, `${image.repository}@${image.digest}`]);
      },
    }),
  ),
  {
    name: "removing an image in one repository removes its names in another",
    source: "critest",
    async run({ client, offer, registry }) {
      const { name, image } = offer();
      registry.putImage("other", "v1", image);
      const other = `${registry.host}/other:v1`;
      const id = await client.pull(name);
      await client.pull(other);
      await client.remove(name);
      await expectGone(client, id, [name, other]);
    },
  },
  {
    name: "removing an image in one registry removes its names in another",
    source: "critest",
    async run({ client, offer, startRegistry }) {
      const { name, image } = offer();
      const registry = await startRegistry();
      registry.putImage("app", "v1", image);
      const other = `${registry.host}/app:v1`;
      const id = await client.pull(name);
      await client.pull(other);
      await client.remove(other);
      await expectGone(client, id, [name, other]);
    },
  },
  {
    name: "removing what is absent is OK, by name and by id",
    source: "cri-v1 rule 4.15",
    async run({ client, registry }) {
      await client.remove(`${registry.host}/absent:v1`);
      await client.remove(`sha256:${"0".repeat(64)}`);
    },
  },
  {
    name: "removing an image twice is OK",
    source: "cri-v1 rule 4.15",
    async run({ client, offer }) {
      const { name } = offer();
      const id = await client.pull(name);
      for (const what of [id, id, name]) await client.remove(what);
    },
  },
  {
    name: "removing an image twenty times at once is OK",
    source: "cri-v1 rule 4.15",
    async run({ client, offer }) {
      const id = await client.pull(offer().name);
      await Promise.all(Array.from({ length: 20 }, () => client.remove(id)));
      await expectGone(client, id, []);
    },
  },
  {
    name: "RemoveImage of no image at all is refused",
    source: "cri-v1 5.1",
    async run({ client }) {
      await expectFailure(client.remove(""), { code: status.INVALID_ARGUMENT });
    },
  },
  {
    name: "an image that was removed can be pulled again",
    source: "critest",
    async run({ client, offer }) {
      const { name } = offer();
      const id = await client.pull(name);
      await client.remove(id);
      expectEqual("the id:", await client.pull(name), id);
      expectEqual("repo_tags", (await client.status(id))?.repoTags, [name]);
    },
  },
];

async function pullUnderThreeTags({ client, offer, registry }: CaseContext) {
  const { repository, image } = offer();
  const names = ["v1", "v2", "v3"].map((tag) => `${repository}:${tag}`);
  for (const tag of ["v1", "v2", "v3"]) registry.putImage("app", tag, image);
  const ids: string[] = [];
  for (const name of [...names, `${repository}@${image.digest}`]) ids.push(await client.pull(name));
  return { id: ids[0] ?? "", names, repository, digest: image.digest };
}

async function expectGone(client: CriClient, id: string, names: readonly string[]): Promise<void> {
  const left: string[] = [];
  for (const name of [id, ...names]) if ((await client.status(name)) !== undefined) left.push(name);
  expectEqual("names that are still found:", left, []);
  expectEqual(
    "entries of the list:",
    (await client.list()).filter((image) => image.id === id),
    [],
  );
}
