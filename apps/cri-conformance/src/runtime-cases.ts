import { status } from "@grpc/grpc-js";
import type { Case } from "./case.ts";
import { expectEqual, expectThat, isCallFailure } from "./expectation.ts";

export const runtimeCases: readonly Case[] = [
  {
    name: "Version fills its four strings",
    source: "cri-v1 rule 4.21",
    async run({ client }) {
      const { version, runtimeName, runtimeVersion, runtimeApiVersion } = await client.version();
      const strings = { version, runtimeName, runtimeVersion, runtimeApiVersion };
      expectThat("four strings that are not empty", !Object.values(strings).includes(""), strings);
      expectEqual("runtime_api_version", runtimeApiVersion, "v1");
    },
  },
  {
    name: "Status tells RuntimeReady and NetworkReady",
    source: "cri-v1 rule 4.22",
    async run({ client }) {
      const types = (await client.runtimeStatus()).status?.conditions.map(({ type }) => type) ?? [];
      const required = ["RuntimeReady", "NetworkReady"];
      expectThat(
        "both conditions",
        required.every((type) => types.includes(type)),
        types,
      );
    },
  },
  {
    name: "RuntimeConfig tells the cgroup driver, or that it is not served",
    source: "cri-v1 6",
    async run({ client }) {
      try {
        const { linux } = await client.runtimeConfig();
        expectThat("a cgroup driver", linux !== undefined, linux);
      } catch (error) {
        if (!isCallFailure(error) || error.code !== status.UNIMPLEMENTED) throw error;
      }
    },
  },
];
