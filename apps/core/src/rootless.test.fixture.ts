import { readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diffIdsOf } from "@stowage/images";
import { isMachineRoot, mountAll, unmount } from "@stowage/linux";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { openStore } from "./index.ts";

/** What root of a user namespace sees of an image: `node rootless.test.fixture.ts ROOT REFERENCE SNAPSHOTTER`. */
const [root = "", reference = "", snapshotter] = process.argv.slice(2);
const target = join(root, "mount");
await mkdir(target);
await using store = await openStore({
  root: join(root, "store"),
  snapshotter: snapshotter === "native" ? "native" : "overlay",
});
const image = await store.images.pull(parseReference(reference), { platform: parsePlatform("linux/amd64") });

await mountAll(await store.images.view(image), target);
const seen = {
  machineRoot: isMachineRoot(),
  motd: await readFile(join(target, "etc/motd"), "utf8"),
  opaque: readdirSync(join(target, "opaque")),
  home: readdirSync(join(target, "home/user")),
  owner: statSync(join(target, "home/user")).uid,
};
unmount(target);

await store.writable.create("one", diffIdsOf(image));
await mountAll(await store.writable.mounts("one"), target);
writeFileSync(join(target, "etc/motd"), "mine");
unmount(target);
await mountAll(await store.writable.mounts("one"), target);
const written = await readFile(join(target, "etc/motd"), "utf8");
unmount(target);

await store.writable.remove("one");
await store.images.remove(image.id);
const { unaccounted } = await store.images.account();
process.stdout.write(JSON.stringify({ ...seen, written, unaccounted: unaccounted.bytes }));
