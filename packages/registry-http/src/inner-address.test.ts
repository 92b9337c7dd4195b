import { expect, test } from "vitest";
import { innerAddressFlaw } from "./inner-address.ts";

const flaw = (target: string, registry = "https://registry.example") =>
  innerAddressFlaw(new URL(target), new URL(registry));

test.for([
  "http://169.254.169.254/latest/meta-data",
  "http://2852039166/",
  "http://0xa9.254.43518/",
  "http://169.254.0.1:5000/",
  "https://[fe80::1]/",
  "https://[febf::1]/",
  "https://[::ffff:169.254.169.254]/",
])("nobody is sent on to %s, which is link-local", (target) => {
  for (const registry of ["https://registry.example", "http://127.0.0.1:5000", "http://169.254.169.254"]) {
    expect(flaw(target, registry)).toContain("is a link-local address");
  }
});

test.for([
  "http://127.0.0.1:6443/",
  "http://127.1/",
  "http://localhost:5000/",
  "http://localhost./",
  "http://a.localhost/",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "http://0.0.0.0/",
  "http://0/",
  "https://[::]/",
])("only a registry that is this machine sends on to %s", (target) => {
  expect(flaw(target)).toContain("is this machine");
  expect(flaw(target, "https://10.0.0.1")).toContain("is this machine");
  for (const registry of ["http://127.0.0.1:5000", "http://localhost:5000", "https://[::1]"]) {
    expect(flaw(target, registry)).toBeUndefined();
  }
});

test.for([
  "https://storage.example/",
  "https://192.0.2.1/",
  "https://10.0.0.7:9000/",
  "https://[2001:db8::1]/",
  "https://[fec0::1]/",
  "https://169.254.169.254.example/",
  "https://127.0.0.1.example/",
])("every registry may send on to %s", (target) => {
  expect(flaw(target)).toBeUndefined();
});
