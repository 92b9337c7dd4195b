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
  { what: "no object", value: [], says: /JSON object/ },
])("refuses a config with $what, and says where", ({ value, says }) => {
  expect(() => decodeImageConfig(encode(value))).toThrow(says);
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
