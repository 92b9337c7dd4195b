import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { digestOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { LoadBeginSchema } from "./gen/stowage/v1/store_pb.ts";
import { decodeLoadBegin, encodeLoadBegin, type LoadedThing } from "./load-message.ts";

const root = { mediaType: "application/vnd.oci.image.index.v1+json", digest: digestOf("an index"), size: 8 };
const names = [parseReference("example.com/app:1")];

test.for<LoadedThing["origin"]>([
  undefined,
  { transport: "docker-archive", path: undefined },
  { transport: "oci-archive", path: "/srv/a b.tar" },
  { transport: "oci", path: "/srv/layout" },
  { transport: "dir", path: "/srv/dir" },
])("what is loaded from %o arrives as it was", (origin) => {
  const bytes = toBinary(LoadBeginSchema, encodeLoadBegin({ root, names, origin }, { handler: "kata" }));
  expect(decodeLoadBegin(fromBinary(LoadBeginSchema, bytes))).toEqual({
    root,
    names,
    origin,
    force: false,
    handler: "kata",
    platform: undefined,
  });
});

test.for(["docker", "unknown", "oci-layout"])("the transport %s is none that is loaded from", (transport) => {
  const begin = create(LoadBeginSchema, { ...encodeLoadBegin({ root, names }, {}), transport });
  expect(() => decodeLoadBegin(begin)).toThrow(`Cannot load: there is no transport "${transport}"`);
});
