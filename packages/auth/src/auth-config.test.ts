import { inspect } from "node:util";
import { StowageError } from "@stowage/errors";
import { assert, property, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { type AuthConfig, type Credential, credentialForHost, decodeAuthConfig } from "./index.ts";

describe("decodeAuthConfig", () => {
  test.for<{ form: string; config: AuthConfig; means: readonly string[] }>([
    { form: "a name and password", config: { username: "me", password: "pw" }, means: ["basic", "me", "pw"] },
    { form: "a name alone", config: { username: "me", password: "" }, means: ["basic", "me", ""] },
    { form: "auth", config: { auth: base64("me:pw") }, means: ["basic", "me", "pw"] },
    { form: "an identity token", config: { identityToken: "refresh" }, means: ["identity-token", "refresh"] },
    { form: "a registry token", config: { registryToken: "bearer" }, means: ["registry-token", "bearer"] },
  ])("reads $form alone", ({ config, means }) => {
    expect(revealed(decodeAuthConfig(config)?.credential)).toEqual(means);
  });

  test("prefers the registry token, then the name, then the identity token, then auth", () => {
    const all = {
      registryToken: "bearer",
      username: "me",
      password: "pw",
      identityToken: "refresh",
      auth: base64("you:pw"),
    };
    const { registryToken: _, ...noRegistryToken } = all;
    const { username: __, password: ___, ...noName } = noRegistryToken;
    expect(revealed(decodeAuthConfig(all)?.credential)).toEqual(["registry-token", "bearer"]);
    expect(revealed(decodeAuthConfig(noRegistryToken)?.credential)).toEqual(["basic", "me", "pw"]);
    expect(revealed(decodeAuthConfig(noName)?.credential)).toEqual(["identity-token", "refresh"]);
  });

  test.for([{}, { username: "", password: "", auth: "" }, { serverAddress: "ghcr.io" }])(
    "finds no credential of its own in %j",
    (config) => {
      expect(decodeAuthConfig(config)).toBeUndefined();
    },
  );

  test.for([
    { what: "without padding", auth: base64("me:pass").replace(/=+$/, "") },
    { what: "with padding", auth: base64("me:pass") },
    { what: "broken into lines", auth: base64("me:pass").replace(/(...)/g, "$1\r\n") },
    { what: "with NULs around the password", auth: base64("me:\0\0pass\0\0\0") },
  ])("reads auth $what", ({ auth }) => {
    expect(revealed(decodeAuthConfig({ auth })?.credential)).toEqual(["basic", "me", "pass"]);
  });

  test("reads auth in the URL-safe alphabet and splits it at the first colon", () => {
    const auth = Buffer.from("me:p:>>>???ÿ:").toString("base64url");
    expect(auth).toMatch(/[-_]/);
    expect(revealed(decodeAuthConfig({ auth })?.credential)).toEqual(["basic", "me", "p:>>>???ÿ:"]);
  });

  test.for<AuthConfig>([
    { password: "canary" },
    { password: "canary", registryToken: "bearer" },
    { auth: "canary canary" },
    { auth: "canar" },
    { auth: "====" },
    { auth: base64("canary") },
    { auth: base64("canary"), username: "me", password: "canary" },
    { auth: Buffer.from([0xff, 0x3a, 0xff]).toString("base64") },
    { registryToken: "canary\r\nX-Evil: 1" },
    { username: "me", password: "canary", serverAddress: "https://me:canary@ghcr.io" },
    { username: "me", password: "canary", serverAddress: "ghcr.io\ncanary" },
    { username: "me", password: "canary", serverAddress: "https://" },
  ])("CVE-2020-8564: refuses %j without repeating any of it", (config) => {
    const error = attempt(config);
    expect(error).toMatchObject({ code: "invalid-argument" });
    expect(inspect(error)).not.toMatch(/canary|Y2FuYXJ5/);
  });

  test("reads back every name and password, and of any text makes a credential or a StowageError", () => {
    assert(
      property(string({ unit: "grapheme" }), string({ unit: "grapheme" }), (username, password) => {
        const name = username.replaceAll(":", "");
        const secret = password.replace(/^\0+|\0+$/g, "");
        expect(revealed(decodeAuthConfig({ auth: base64(`${name}:${secret}`) })?.credential)).toEqual([
          "basic",
          name,
          secret,
        ]);
      }),
    );
    const anyText = string({ unit: "binary" });
    const configs = record(
      {
        username: anyText,
        password: anyText,
        auth: anyText,
        serverAddress: anyText,
        identityToken: anyText,
        registryToken: anyText,
      },
      { requiredKeys: [] },
    );
    assert(property(configs, (config) => void attempt(config)));
  });
});

describe("credentialForHost", () => {
  test.for([
    { serverAddress: "ghcr.io", domain: "ghcr.io", given: true },
    { serverAddress: "https://ghcr.io", domain: "ghcr.io", given: true },
    { serverAddress: "http://GHCR.io/v1/", domain: "ghcr.io", given: true },
    { serverAddress: "ghcr.io/v2/", domain: "GHCR.io", given: true },
    { serverAddress: "localhost:5000", domain: "localhost:5000", given: true },
    { serverAddress: "https://[::1]:5000/", domain: "[::1]:5000", given: true },
    { serverAddress: "https://index.docker.io/v1/", domain: "docker.io", given: true },
    { serverAddress: "registry-1.docker.io", domain: "docker.io", given: true },
    { serverAddress: "docker.io", domain: "registry-1.docker.io", given: true },
    { serverAddress: "", domain: "ghcr.io", given: true },
    { serverAddress: "ghcr.io", domain: "ghcr.io:443", given: false },
    { serverAddress: "localhost:5000", domain: "localhost:5001", given: false },
    { serverAddress: "ghcr.io", domain: "evil-ghcr.io", given: false },
    { serverAddress: "ghcr.io", domain: "ghcr.io.evil.org", given: false },
    { serverAddress: "ghcr.io", domain: "docker.io", given: false },
  ])("gives what is for $serverAddress to $domain: $given", ({ serverAddress, domain, given }) => {
    const credential = decodeAuthConfig({ username: "me", password: "pw", serverAddress });
    expect(credentialForHost(credential, domain) !== undefined).toBe(given);
  });

  test("has nothing to give of nothing", () => {
    expect(credentialForHost(undefined, "ghcr.io")).toBeUndefined();
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function revealed(credential: Credential | undefined): readonly string[] | undefined {
  if (credential === undefined) return undefined;
  if (credential.kind === "basic") return [credential.kind, credential.username, credential.password.reveal()];
  return [credential.kind, credential.token.reveal()];
}

function attempt(config: AuthConfig): unknown {
  try {
    return decodeAuthConfig(config);
  } catch (error) {
    if (error instanceof StowageError) return error;
    throw error;
  }
}
