import { StowageError } from "@stowage/errors";
import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { completeSourceName, parseSourceName } from "./index.ts";

const archive = (transport: string, path: string, image?: string) => ({ kind: "archive", transport, path, image });

test.for([
  { text: "alpine", is: { kind: "registry", name: "alpine" } },
  { text: "docker://alpine:3", is: { kind: "registry", name: "alpine:3" } },
  { text: "localhost:5000/oci:1", is: { kind: "registry", name: "localhost:5000/oci:1" } },
  { text: "oci:/srv/layout", is: archive("oci", "/srv/layout") },
  { text: "oci:/srv/layout:1", is: archive("oci", "/srv/layout", "1") },
  { text: "oci-archive:a.tar:docker.io/library/app:1", is: archive("oci-archive", "a.tar", "docker.io/library/app:1") },
  { text: "docker-archive:a.tar:app:1", is: archive("docker-archive", "a.tar", "app:1") },
  { text: "docker-archive:a.tar:", is: archive("docker-archive", "a.tar") },
  { text: "dir:/srv/a:b", is: archive("dir", "/srv/a:b") },
])("reads $text as $is", ({ text, is }) => {
  expect(parseSourceName(text)).toEqual(is);
});

test.for([
  { text: "app:1", transport: "docker://", is: { kind: "registry", name: "app:1" } },
  { text: "app:1", transport: "oci:/srv/layout:", is: archive("oci", "/srv/layout", "app:1") },
  { text: "app:1", transport: "dir:/srv/images/", is: archive("dir", "/srv/images/app:1") },
  { text: "docker://app", transport: "dir:/srv/", is: { kind: "registry", name: "app" } },
  { text: "oci:other", transport: "dir:/srv/", is: archive("oci", "other") },
])("reads $text behind $transport as $is", ({ text, transport, is }) => {
  expect(completeSourceName(text, transport)).toEqual(is);
});

test.for(["", "docker://", "oci:", "oci-archive::1", "dir:"])("refuses %j", (text) => {
  expect(() => parseSourceName(text)).toThrow(StowageError);
});

test("reads any text as a source, or refuses it", () => {
  assert(
    property(string(), (text) => {
      try {
        expect(["registry", "archive"]).toContain(parseSourceName(text).kind);
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
