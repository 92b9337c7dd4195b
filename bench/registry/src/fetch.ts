import { openContentStore } from "@stowage/content-fs";
import { parseDigest } from "@stowage/oci";
import { openHttpRegistry } from "@stowage/registry-http";

/** One fetch of one blob, in a process of its own: verified and let go, or into a content store. Prints its peak memory in MiB and how many seconds it fetched. */
const [domain = "", digest = "", size = "", store] = process.argv.slice(2);
const want = { digest: parseDigest(digest), size: Number(size) };
const repository = { domain, path: "bench/blob" };

const began = performance.now();
await using registry = openHttpRegistry({ plainHttp: () => true });
if (store === undefined) {
  let bytes = 0;
  for await (const block of registry.blob(repository, want, { lend: true })) bytes += block.byteLength;
  if (bytes !== want.size) throw new Error(`${bytes} bytes came`);
} else {
  const content = await openContentStore(store);
  await content.ingest(want, (start) => registry.blob(repository, want, { range: { start }, lend: true }));
}
const seconds = (performance.now() - began) / 1000;
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)} ${seconds.toFixed(2)}\n`);
