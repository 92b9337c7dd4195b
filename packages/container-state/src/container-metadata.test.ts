import { StowageError } from "@stowage/errors";
import { assert, boolean, json, nat, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { type ContainerMetadata, formatContainerMetadata, parseContainerMetadata } from "./index.ts";

const web: ContainerMetadata = {
  podName: "web-0",
  podId: "a".repeat(64),
  imageName: "nginx",
  imageId: "b".repeat(64),
  name: "k8s_web_web-0_default",
  metadataName: "web",
  uid: "",
  namespace: "",
  mountLabel: "",
  createdAt: 1_700_000_000,
  attempt: 0,
  isPod: false,
  isPrivileged: false,
};

test("is written with the names and in the order of CRI-O", () => {
  expect(formatContainerMetadata(web)).toBe(
    `{"pod-name":"web-0","pod-id":"${web.podId}","image-name":"nginx","image-id":"${web.imageId}","name":"k8s_web_web-0_default","metadata-name":"web","created-at":1700000000}`,
  );
  const full = {
    ...web,
    uid: "u",
    namespace: "default",
    mountLabel: "l",
    attempt: 2,
    isPod: true,
    isPrivileged: true,
  };
  const names = Object.keys(JSON.parse(formatContainerMetadata(full))).join(" ");
  const given = "pod-name pod-id image-name image-id name metadata-name";
  expect(names).toBe(`${given} uid namespace mountlabel created-at attempt pod privileged`);
});

test("is read although a later CRI-O noted more, or an earlier one less", () => {
  expect(parseContainerMetadata('{"pod-name":"a","pod-id":"b","later":[1]}')).toMatchObject({
    podName: "a",
    podId: "b",
    attempt: 0,
    isPod: false,
  });
});

test.for(["", "{", "null", "[]", "7", '{"pod-name":1}', '{"attempt":-1}', '{"created-at":"now"}', '{"pod":"yes"}'])(
  "refuses %j",
  (text) => {
    expect(() => parseContainerMetadata(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  },
);

test("reads back whatever it writes", () => {
  const texts = { podName: string(), podId: string(), imageName: string(), imageId: string(), name: string() };
  const more = { metadataName: string(), uid: string(), namespace: string(), mountLabel: string() };
  const others = { createdAt: nat(), attempt: nat(), isPod: boolean(), isPrivileged: boolean() };
  assert(
    property(record({ ...texts, ...more, ...others }), (metadata) => {
      expect(parseContainerMetadata(formatContainerMetadata(metadata))).toEqual(metadata);
    }),
  );
});

test("makes of any JSON metadata or an error that can be acted on", () => {
  assert(
    property(json(), (text) => {
      try {
        expect(parseContainerMetadata(text)).toHaveProperty("podName");
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
