import { status } from "@grpc/grpc-js";
import { createTokenIssuer, type FakeRegistry } from "@stowage/registry-fake";
import type { Case, CaseContext } from "./case.ts";
import type { PullFields } from "./cri-client.ts";
import { expectEqual, expectFailure, expectThat } from "./expectation.ts";

type Auth = NonNullable<PullFields["auth"]>;

const password = "a password that is looked for";
const encoded = Buffer.from(`user:${password}`).toString("base64");

const forms: readonly { readonly how: string; readonly auth: (registry: FakeRegistry) => Auth }[] = [
  { how: "user name and password", auth: () => ({ username: "user", password }) },
  { how: "both in auth, encoded", auth: () => ({ auth: encoded }) },
  {
    how: "auth that ends in zero bytes",
    auth: () => ({ auth: Buffer.from(`user:${password}\0\0`).toString("base64") }),
  },
  { how: "the address of its host", auth: ({ host }) => ({ username: "user", password, serverAddress: host }) },
  { how: "its address as a URL", auth: ({ origin }) => ({ auth: encoded, serverAddress: `${origin}/v2/` }) },
  { how: "an identity token", auth: () => ({ identityToken: "refresh" }) },
  { how: "a registry token", auth: () => ({ registryToken: "bearer" }) },
];

const wrongs: readonly { readonly what: string; readonly auth: Auth }[] = [
  { what: "a wrong password", auth: { username: "user", password: "wrong" } },
  { what: "a wrong identity token", auth: { identityToken: "wrong" } },
  { what: "a wrong registry token", auth: { registryToken: "wrong" } },
];

export const credentialCases: readonly Case[] = [
  ...forms.map(
    ({ how, auth }): Case => ({
      name: `a pull with ${how} is let in`,
      source: "cri-v1 3.5",
      async run(context) {
        const { registry, name } = await offerGuarded(context);
        await context.client.pull(name, { auth: auth(registry) });
        expectThat("an image", (await context.client.status(name)) !== undefined, undefined);
      },
    }),
  ),
  ...wrongs.map(
    ({ what, auth }): Case => ({
      name: `a pull with ${what} is refused although the image is here`,
      source: "KEP-2535",
      async run(context) {
        const { name } = await offerGuarded(context);
        await context.client.pull(name, { auth: { username: "user", password } });
        await expectFailure(context.client.pull(name, { auth }), { code: status.UNAUTHENTICATED });
      },
    }),
  ),
  {
    name: "a pull without credentials is refused although somebody else's pull was let in",
    source: "KEP-2535",
    async run(context) {
      const { name } = await offerGuarded(context);
      await context.client.pull(name, { auth: { username: "user", password } });
      await expectFailure(context.client.pull(name), { code: status.UNAUTHENTICATED });
    },
  },
  {
    name: "wrong credentials are not turned into none",
    source: "KEP-2535",
    async run({ client, startRegistry, makeImage }) {
      const issuer = createTokenIssuer({ users: { user: password }, anonymous: true });
      const registry = await startRegistry({ authentication: { kind: "bearer", issuer } });
      registry.putImage("app", "v1", makeImage());
      const name = `${registry.host}/app:v1`;
      await client.pull(name);
      const auth = { username: "user", password: "wrong" };
      await expectFailure(client.pull(name, { auth }), { code: status.UNAUTHENTICATED });
    },
  },
  {
    name: "credentials for another host are not sent",
    source: "cri-v1 3.5",
    async run(context) {
      const { registry, name } = await offerGuarded(context);
      const auth = { username: "user", password, serverAddress: "elsewhere.example" };
      await expectFailure(context.client.pull(name, { auth }), { code: status.UNAUTHENTICATED });
      const sent = registry.requests.filter(({ headers, body }) => `${headers.authorization}${body}`.includes(encoded));
      expectEqual("requests with them:", sent.length, 0);
    },
  },
  {
    name: "auth that is no base64 is refused, and not repeated in the error",
    source: "cri-v1 5.1",
    async run(context) {
      const { name } = await offerGuarded(context);
      const call = context.client.pull(name, { auth: { auth: "canary!" } });
      const told = await expectFailure(call, { code: status.INVALID_ARGUMENT });
      expectThat("a text without the secret", !told.includes("canary"), told);
    },
  },
];

/** An image in a registry that takes every form of credential, and nobody without. */
async function offerGuarded({ startRegistry, makeImage }: CaseContext) {
  const issuer = createTokenIssuer({ users: { user: password }, refreshTokens: ["refresh"] });
  const registry = await startRegistry({ authentication: { kind: "bearer", issuer, registryTokens: ["bearer"] } });
  registry.putImage("private", "v1", makeImage());
  return { registry, name: `${registry.host}/private:v1` };
}
