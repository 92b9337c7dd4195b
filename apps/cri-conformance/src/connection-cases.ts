import type { Case } from "./case.ts";
import { expectThat } from "./expectation.ts";
import { expectUsage } from "./fs-info-cases.ts";

/** A call that only reads memory; slower than this is waiting for something. */
const promptMilliseconds = 5_000;

export const connectionCases: readonly Case[] = [
  {
    name: "ImageFsInfo is answered as the first call of a new connection",
    source: "cri-v1 rule 4.20",
    async run({ connect }) {
      const { imageFilesystems } = await connect().fsInfo({ timeoutMilliseconds: promptMilliseconds });
      await expectUsage(imageFilesystems);
    },
  },
  {
    name: "twenty connections are answered side by side",
    source: "kubelet",
    async run({ connect }) {
      const clients = Array.from({ length: 20 }, () => connect());
      const lists = await Promise.all(clients.map((client) => client.list()));
      expectThat("twenty lists", lists.length === clients.length, lists.length);
    },
  },
  {
    name: "a hundred calls are answered at once over one connection",
    source: "kubelet",
    async run({ client }) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => client.status("127.0.0.1:1/absent:1")));
      expectThat(
        "no image in any of them",
        answers.every((image) => image === undefined),
        answers,
      );
    },
  },
];
