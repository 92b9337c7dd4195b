import { digestOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { decodePolicy, requirementsFor, type Subject } from "./index.ts";

const digest = digestOf("an index");

/** Which of these scopes decides. */
function decided(subject: Subject, scopes: readonly string[]): string {
  const reject = [{ type: "reject" }];
  const { transport } = subject;
  const transports = { [transport]: Object.fromEntries(scopes.map((scope) => [scope, reject])) };
  return requirementsFor(decodePolicy(JSON.stringify({ default: reject, transports }), "p"), subject).part;
}

function pulled(text: string): Subject {
  return { transport: "docker", reference: parseReference(text) };
}

const widening = [
  "a.b.example:5000/team/group/app:v1",
  "a.b.example:5000/team/group/app",
  "a.b.example:5000/team/group",
  "a.b.example:5000/team",
  "a.b.example:5000",
  "*.b.example",
  "*.example",
];

test("of all scopes that a reference is in the narrowest decides", () => {
  const subject = pulled("a.b.example:5000/team/group/app:v1");
  for (const [at, scope] of widening.entries())
    expect(decided(subject, ["", ...widening.slice(at)].toReversed())).toBe(`the scope "${scope}" of "docker"`);
  expect(decided(subject, [""])).toBe('the default of "docker"');
  expect(decided(subject, [])).toBe("the default");
});

test.for([
  { name: "busybox", scope: "docker.io/library/busybox:latest" },
  { name: "busybox", scope: "docker.io/library" },
  { name: `a.example/b@${digest}`, scope: `a.example/b@${digest}` },
  { name: `a.example/b:v1@${digest}`, scope: `a.example/b@${digest}` },
  { name: "Evil.Example/app", scope: "evil.example" },
  { name: "Evil.Example/app:V1", scope: "evil.example/app:V1" },
  { name: "Evil.Example/app", scope: "Evil.Example" },
  { name: "EVIL.example/app", scope: "*.example" },
  { name: "[::1]:5000/app", scope: "[::1]:5000" },
])("$name is in the scope $scope", ({ name, scope }) => {
  expect(decided(pulled(name), [scope])).toBe(`the scope ${JSON.stringify(scope)} of "docker"`);
});

test.for([
  { name: "busybox", scope: "busybox" },
  { name: "busybox", scope: "library" },
  { name: `a.example/b:v1@${digest}`, scope: "a.example/b:v1" },
  { name: "a.example/team-b/app", scope: "a.example/team" },
  { name: "a.example:5000/app", scope: "a.example" },
  { name: "a.example/app", scope: "*.a.example" },
  { name: "a.example/app", scope: "*.xample" },
  { name: "badexample/app", scope: "*.example" },
  { name: "a.example/app:v10", scope: "a.example/app:v1" },
])("$name is not in the scope $scope", ({ name, scope }) => {
  expect(decided(pulled(name), [scope])).toBe("the default");
});

test.for(["dir", "oci", "oci-archive"] as const)("of the scopes of %s, the nearest directory decides", (transport) => {
  const subject = { transport, path: "/srv/images/a b" };
  const scopes = ["/srv/images/a b", "/srv/images", "/srv", ""];
  const parts = scopes.map((_, at) => decided(subject, scopes.slice(at)));
  expect(parts).toEqual([
    `the scope "/srv/images/a b" of "${transport}"`,
    `the scope "/srv/images" of "${transport}"`,
    `the scope "/srv" of "${transport}"`,
    `the default of "${transport}"`,
  ]);
  expect(decided({ transport, path: "/srv/images-of-others" }, ["/srv/images"])).toBe("the default");
  expect(decided({ transport }, ["/srv", ""])).toBe(`the default of "${transport}"`);
});

test("an archive of docker's has the default of its transport, and what comes from nowhere that of all", () => {
  expect(decided({ transport: "docker-archive" }, [""])).toBe('the default of "docker-archive"');
  expect(decided({ transport: "docker-archive" }, [])).toBe("the default");
  expect(decided({ transport: "unknown" }, [""])).toBe("the default");
});

test("scopes of one transport are not those of another", () => {
  const text = '{"default":[{"type":"reject"}],"transports":{"docker":{"":[{"type":"insecureAcceptAnything"}]}}}';
  const policy = decodePolicy(text, "p");
  expect(requirementsFor(policy, pulled("a")).requirements).toEqual([{ type: "insecureAcceptAnything" }]);
  expect(requirementsFor(policy, { transport: "oci", path: "/a" }).requirements).toEqual([{ type: "reject" }]);
});
