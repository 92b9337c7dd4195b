import { expect, test } from "vitest";
import { decodeImageConfig, digestOf, parseImageUser } from "./index.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const config = {
  os: "linux",
  architecture: "arm64",
  variant: "v8",
  rootfs: { type: "layers", diff_ids: [digestOf("tar")] },
};

test("reads what stowage acts on, and no more", () => {
  const full = {
    ...config,
    created: "2026-01-02T03:04:05Z",
    config: { User: "1000:1000", Volumes: { "/../..": {} }, WorkingDir: "../.." },
  };
  expect(decodeImageConfig(encode(full))).toEqual({
    platform: { os: "linux", architecture: "arm64" },
    diffIds: [digestOf("tar")],
    user: "1000:1000",
    created: "2026-01-02T03:04:05Z",
  });
  expect(decodeImageConfig(encode({ ...config, config: null, created: null }))).toMatchObject({ user: "" });
});

test.for([
  { what: "no rootfs", value: { os: "linux", architecture: "arm64" }, says: /rootfs/ },
  {
    what: "a diff id that is no digest",
    value: { ...config, rootfs: { type: "layers", diff_ids: ["sha256:../.."] } },
    says: /rootfs\.diff_ids\.0/,
  },
  { what: "no operating system", value: { ...config, os: "" }, says: /os/ },
  { what: "an odd variant", value: { ...config, variant: "v8\u001b[2J" }, says: /variant: expected a word/ },
  { what: "no object", value: [], says: /JSON object/ },
])("refuses a config with $what, and says where", ({ value, says }) => {
  expect(() => decodeImageConfig(encode(value))).toThrow(says);
});

test.for([
  { created: "2026-01-02T03:04:05Z", kept: true },
  { created: "2026-01-02T03:04:05.123456789+01:00", kept: true },
  { created: "0001-01-01T00:00:00Z", kept: true },
  { created: "yesterday\u001b[2J", kept: false },
  { created: "2026-01-02", kept: false },
  { created: "2026-13-42T03:04:05Z", kept: false },
  { created: "2026-01-02T03:04:05Z\n", kept: false },
  { created: "x".repeat(500_000), kept: false },
  { created: 7, kept: false },
])("a time of creation is kept if it is one: $kept", ({ created, kept }) => {
  expect(decodeImageConfig(encode({ ...config, created })).created).toBe(kept ? created : undefined);
});

test.for([
  { text: "", means: { kind: "unset" } },
  { text: ":staff", means: { kind: "unset" } },
  { text: "0", means: { kind: "uid", uid: 0 } },
  { text: "1000", means: { kind: "uid", uid: 1000 } },
  { text: "1000:1000", means: { kind: "uid", uid: 1000 } },
  { text: "1000:", means: { kind: "uid", uid: 1000 } },
  { text: "2147483647", means: { kind: "uid", uid: 2147483647 } },
  { text: "nobody", means: { kind: "name", name: "nobody" } },
  { text: "www-data:www-data", means: { kind: "name", name: "www-data" } },
  { text: "7zip", means: { kind: "name", name: "7zip" } },
])("reads user $text", ({ text, means }) => {
  expect(parseImageUser(text)).toEqual(means);
});

// CVE-2024-40635, CVE-2026-46680: a number that wraps around is another user, root among them
test.for(["2147483648", "4294967296", "99999999999", "-1", "+1", "0x0", " 0", "0 ", "-1:0"])(
  "refuses user %j",
  (text) => {
    expect(() => parseImageUser(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  },
);

test.for(["root\n", "a\u001b[31mb", "1000:staff\u009b", "a\0", "\u202etoor"])(
  "refuses user %j, which has control characters, and does not repeat them",
  (text) => {
    const refused = expect(() => parseImageUser(text));
    refused.toThrow(expect.objectContaining({ code: "invalid-argument" }));
    refused.toThrow(/^[^\p{C}]*: it has control characters$/u);
  },
);
