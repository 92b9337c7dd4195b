import { digestOf, mediaTypes } from "@stowage/oci";
import { formatReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { archivedNames, bestArchivedName } from "./archived-names.ts";

const digest = digestOf("root");
const other = digestOf("other");
const root = { mediaType: mediaTypes.ociManifest, digest, size: 4 };
const alpine = "docker.io/library/alpine";

test.for([
  { what: "a short name", written: ["alpine:3"], names: [`${alpine}:3`, `${alpine}@${digest}`] },
  {
    what: "several names of two repositories",
    written: ["alpine:3", "docker.io/library/alpine:3.1", "localhost:5000/a:1"],
    names: [`${alpine}:3`, `${alpine}@${digest}`, `${alpine}:3.1`, "localhost:5000/a:1", `localhost:5000/a@${digest}`],
  },
  { what: "its own digest", written: [`alpine@${digest}`], names: [`${alpine}@${digest}`] },
  { what: "a tag and its own digest", written: [`alpine:3@${digest}`], names: [`${alpine}:3`, `${alpine}@${digest}`] },
  { what: "another digest", written: [`alpine:3@${other}`], names: [], odd: [`alpine:3@${other}`] },
  { what: "a mere tag, as the OCI has it", written: ["3", "latest"], names: [] },
  { what: "nothing", written: [], names: [] },
  {
    what: "no name at all",
    written: ["<none>:<none>", "../..:1", "a/B:1"],
    names: [],
    odd: ["<none>:<none>", "../..:1", "a/B:1"],
  },
])("an archive that says $what", ({ written, names, odd = [] }) => {
  const found = archivedNames({ hasManifests: true }, { names: written, root });
  expect(found.names.map(formatReference)).toEqual(names);
  expect(found.odd).toEqual(odd);
});

test("the digest of a manifest that was made here names nothing", () => {
  const { names } = archivedNames({ hasManifests: false }, { names: ["alpine:3"], root });
  expect(names.map(formatReference)).toEqual([`${alpine}:3`]);
});

test.for([
  { written: ["alpine:3"], best: `${alpine}:3` },
  { written: [`alpine@${digest}`], best: `${alpine}@${digest}` },
  { written: ["latest"], best: digest },
])("$written is told as $best", ({ written, best }) => {
  const image = { names: written, root };
  expect(bestArchivedName(archivedNames({ hasManifests: true }, image).names, image)).toBe(best);
});
