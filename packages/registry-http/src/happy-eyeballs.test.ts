import { buffer } from "node:stream/consumers";
import { makeCertificates, startRegistry } from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { createDispatchers } from "./dispatchers.ts";

const certificates = makeCertificates();

/** 192.0.2.0/24 and 2001:db8::/32 are for documentation (RFC 5737 and 3849): nobody is there. */
test.for(
  (["http", "https"] as const).flatMap((scheme) =>
    [
      ["2001:db8::1", "127.0.0.1"],
      ["::1", "127.0.0.1"],
      ["192.0.2.1", "127.0.0.1"],
      ["2001:db8::1", "192.0.2.1", "::1", "127.0.0.1"],
      ["127.0.0.1"],
    ].map((addresses) => ({ scheme, addresses })),
  ),
)("a host at $addresses is reached over $scheme where it listens (REG-30)", async ({ scheme, addresses }) => {
  const { server, ca } = await certificates;
  await using fake = await startRegistry(scheme === "https" ? { tls: server } : {});
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  await using dispatchers = createDispatchers(
    () => undefined,
    (_name, _options, answer) => answer(null, found),
  );
  const url = new URL(fake.origin.replace("127.0.0.1", "registry.example"));
  const trust = { authorities: [ca], identities: [], anyCertificate: true }; // it is one for another name
  const dispatcher = dispatchers.find({ url, trust, connectMilliseconds: 5000 });
  const { statusCode, body } = await dispatcher.request({ origin: url.origin, path: "/v2/", method: "GET" });
  expect([statusCode, (await buffer(body)).toString()]).toEqual([200, "{}"]);
});
