import { type Image, imageSize } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { createTeller } from "./cri-image.ts";

const blobOf = (name: string, size: number) => ({
  mediaType: "application/octet-stream",
  digest: digestOf(name),
  size,
});

const image: Image = {
  id: digestOf("config"),
  manifest: blobOf("manifest", 1000),
  index: blobOf("index", 2000),
  config: blobOf("config", 3000),
  layers: [
    { blob: blobOf("base", 40_000), kept: true, diffId: digestOf("base tar"), bytes: 500_000, inodes: 2 },
    { blob: blobOf("upper", 70_000), kept: false, diffId: digestOf("upper tar"), bytes: 600_000, inodes: 2 },
  ],
  platform: { os: "linux", architecture: "amd64" },
  user: "1000:1000",
  annotations: { "org.example.note": "a note" },
  tags: ["docker.io/library/a:1", "docker.io/library/a:2"],
  digests: [`docker.io/library/a@${digestOf("index")}`],
  publishedAt: 1,
  pins: [],
  damage: [],
};

const teller = createTeller({ isPinned: () => false });
const tell = (told: Image) => teller(told).image;

test("shows the id, all names, and the annotations of the manifest", () => {
  expect(tell(image)).toMatchObject({
    id: image.id,
    repoTags: image.tags,
    repoDigests: image.digests,
    pinned: false,
    spec: { image: "", runtimeHandler: "", annotations: image.annotations },
  });
});

test("says how much disk it takes here, and nothing of layers whose blob is not kept", () => {
  expect(tell(image).size).toBe(1_146_000n);
  expect(tell(image).size).toBe(BigInt(imageSize(image)));
});

test.for<{ user: string; uid: bigint | undefined; username: string }>([
  { user: "", uid: undefined, username: "" },
  { user: "0", uid: 0n, username: "" },
  { user: "1000", uid: 1000n, username: "" },
  { user: "1000:2000", uid: 1000n, username: "" },
  { user: "2147483647", uid: 2_147_483_647n, username: "" },
  { user: "app", uid: undefined, username: "app" },
  { user: "app:2000", uid: undefined, username: "app" },
  { user: ":2000", uid: undefined, username: "" },
])("the user $user is uid $uid and name $username", ({ user, uid, username }) => {
  const shown = tell({ ...image, user });
  expect(shown.uid?.value).toBe(uid);
  expect(shown.username).toBe(username);
});

// CVE-2024-40635: what wraps around to root in 32 bits
test.for(["2147483648", "4294967296", "-1", "+0"])("refuses the user %s, which is no number of a user", (user) => {
  expect(() => tell({ ...image, user })).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

test("shows for which runtime handler an image is here", () => {
  expect(tell({ ...image, handler: "kata" }).spec?.runtimeHandler).toBe("kata");
});

test("shows whether an image is pinned, also when that has changed since", () => {
  const pinned = new Set<Image>();
  const tellPins = createTeller({ isPinned: (asked) => pinned.has(asked) });
  expect(tellPins(image)).toBe(tellPins(image));
  expect(tellPins(image).image.pinned).toBe(false);
  pinned.add(image);
  expect(tellPins(image).image.pinned).toBe(true);
  pinned.delete(image);
  expect(tellPins(image).image.pinned).toBe(false);
});
