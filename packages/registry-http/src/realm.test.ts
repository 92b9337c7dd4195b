import { expect, test } from "vitest";
import { judgeRealm } from "./realm.ts";

const judge = (registry: string, realm: string, credentials: boolean) =>
  judgeRealm(realm, new URL(registry), { credentials, trusted: ["auth.trusted.example"] });

test.for([
  { registry: "https://registry-1.docker.io", realm: "https://auth.docker.io/token" },
  { registry: "https://ghcr.io", realm: "https://ghcr.io/token" },
  { registry: "https://ghcr.io", realm: "https://ghcr.io:8443/token" },
  { registry: "https://registry.gitlab.com", realm: "https://gitlab.com/jwt/auth" },
  { registry: "https://registry.corp.co.uk", realm: "https://login.corp.co.uk/token" },
  { registry: "https://nvcr.io", realm: "https://auth.trusted.example/token" },
  { registry: "http://registry.lan:5000", realm: "http://registry.lan:5000/token" },
  { registry: "http://registry.lan:5000", realm: "https://registry.lan/token" },
  { registry: "http://127.0.0.1:5000", realm: "http://127.0.0.1:5001/token" },
  { registry: "https://10.0.0.1", realm: "https://10.0.0.1:8443/token" },
])("$registry may send credentials to $realm", ({ registry, realm }) => {
  expect(judge(registry, realm, true)).toEqual({ url: new URL(realm) });
});

test.for([
  { registry: "https://ghcr.io", realm: "https://evil.example/token", anonymous: true },
  { registry: "https://ghcr.io", realm: "https://ghcr.io.evil.example/token", anonymous: true },
  { registry: "https://ghcr.io", realm: "https://evil-ghcr.io/token", anonymous: true },
  { registry: "https://a.co.uk", realm: "https://b.co.uk/token", anonymous: true },
  { registry: "https://ghcr.io", realm: "https://io/token", anonymous: true },
  { registry: "https://ghcr.io", realm: "http://ghcr.io/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "http://ghcr.io:443/token", anonymous: false },
  { registry: "http://registry.lan:5000", realm: "http://registry.lan:80/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "https://169.254.169.254/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "https://0xa9fea9fe/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "https://[fe80::1]/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "http://localhost/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "https://127.0.0.1/token", anonymous: false },
  { registry: "https://10.0.0.1", realm: "https://10.0.0.2/token", anonymous: false },
  { registry: "https://10.0.0.1", realm: "https://1.10.0.0.1.example/token", anonymous: true },
  { registry: "http://127.0.0.1:5000", realm: "http://localhost:5000/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "https://me:pw@ghcr.io/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "ftp://ghcr.io/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "file:///etc/passwd", anonymous: false },
  { registry: "https://ghcr.io", realm: "/token", anonymous: false },
  { registry: "https://ghcr.io", realm: "", anonymous: false },
])("CVE-2019-10214: $registry may not send credentials to $realm", ({ registry, realm, anonymous }) => {
  expect(judge(registry, realm, true)).toHaveProperty("flaw");
  expect("url" in judge(registry, realm, false)).toBe(anonymous);
});
