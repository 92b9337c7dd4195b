import { create, type UnknownField } from "@bufbuild/protobuf";
import { ImageService } from "@stowage/cri-api";
import type { Case } from "./case.ts";
import { expectEqual } from "./expectation.ts";

/** One field of each wire type that proto3 has (protobuf encoding guide), as a later version might add them. */
const unknownFields: readonly UnknownField[] = [
  { no: 900, wireType: 0, data: new Uint8Array([0x96, 0x01]) },
  { no: 901, wireType: 1, data: new Uint8Array(8).fill(7) },
  { no: 902, wireType: 2, data: new Uint8Array([3, 1, 2, 3]) },
  { no: 903, wireType: 5, data: new Uint8Array(4).fill(7) },
  { no: 536_870_911, wireType: 2, data: new Uint8Array([0]) },
];

export const messageCases: readonly Case[] = [
  {
    name: "fields that nobody knows are harmless, at every depth",
    source: "cri-v1 1",
    async run({ client, offer }) {
      const { name } = offer();
      const request = create(ImageService.method.pullImage.input, {
        image: { image: name },
        auth: {},
        sandboxConfig: { metadata: { name: "pod" } },
      });
      const { image, auth, sandboxConfig } = request;
      for (const message of [request, image, auth, sandboxConfig, sandboxConfig?.metadata])
        if (message !== undefined) message.$unknown = [...unknownFields];
      const id = await client.pullAs(request);
      const asked = create(ImageService.method.imageStatus.input, { image: { image: name } });
      asked.$unknown = [...unknownFields];
      expectEqual("the id:", (await client.statusOf(asked)).image?.id, id);
    },
  },
  {
    name: "what a pod says of itself does not change what is pulled",
    source: "cri-v1 3.7",
    async run({ client, offer }) {
      const { name } = offer();
      const id = await client.pull(name);
      const metadata = { name: "pod", uid: "1", namespace: "default", attempt: 3 };
      const annotations = { huge: "x".repeat(100_000), "": "", newline: "a\nb" };
      const labels = { "io.kubernetes.pod.name": "pod" };
      const image = { image: name, annotations, userSpecifiedImage: "app" };
      expectEqual("the id:", await client.pullAs({ image, sandboxConfig: { metadata, annotations, labels } }), id);
      expectEqual("annotations", (await client.status(name))?.spec?.annotations ?? {}, {});
    },
  },
];
