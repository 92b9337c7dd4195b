import { StowageError } from "@stowage/errors";
import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import {
  type AskedRepository,
  decodeRegistriesConf,
  findRegistry,
  mergeRegistriesConf,
  planRegistriesConf,
} from "./index.ts";

const digest = `sha256:${"0".repeat(64)}`;
const read = (text: string, name = "registries.conf") => decodeRegistriesConf(text, name);
const ask = (name: string): AskedRepository => {
  const {
    domain = "",
    path = "",
    tag,
    digest: named,
  } = /^(?<domain>[^/]+)\/(?<path>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>.+))?$/.exec(name)?.groups ?? {};
  return { domain, path, tag, digest: named };
};
const told = (text: string, name: string) =>
  planRegistriesConf(read(text), ask(name))?.map(({ role, url, path }) => `${role} ${url.host}/${path}`);

test("reads every key", () => {
  const text = `
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
credential-helpers = ["containers-auth.json"]
additional-layer-store-auth-helper = "x"
[[registry]]
prefix = "Example.com/Foo/"
location = "internal.example:5000/bar/"
insecure = true
[[registry.mirror]]
location = "m.example"
insecure = true
pull-from-mirror = "tag-only"
[[registry]]
location = "blocked.example"
blocked = true
[aliases]
alpine = "docker.io/library/alpine"
`;
  expect(read(text, "a.conf")).toEqual({
    registries: [
      {
        file: "a.conf",
        prefix: "example.com/Foo",
        location: "internal.example:5000/bar",
        insecure: true,
        blocked: false,
        mirrors: [{ location: "m.example", insecure: true, pullFromMirror: "tag-only" }],
      },
      {
        file: "a.conf",
        prefix: "blocked.example",
        location: "blocked.example",
        insecure: false,
        blocked: true,
        mirrors: [],
      },
    ],
    unqualifiedSearchRegistries: ["docker.io"],
    shortNameMode: "enforcing",
    aliases: { alpine: "docker.io/library/alpine" },
  });
});

test.for([
  {
    what: "a scheme in a location",
    text: '[[registry]]\nlocation = "https://a.example"',
    says: 'line 2: "registry.0.location"',
  },
  {
    what: "a scheme in a prefix",
    text: '[[registry]]\nprefix = "http://a"\nlocation = "b"',
    says: 'line 2: "registry.0.prefix"',
  },
  {
    what: "a tag in a location",
    text: '[[registry]]\nlocation = "a.example/b:v1"',
    says: 'line 2: "registry.0.location"',
  },
  {
    what: "a wildcard with a path",
    text: '[[registry]]\nprefix = "*.a.example/b"',
    says: 'line 2: "registry.0.prefix"',
  },
  {
    what: "a wildcard with a port",
    text: '[[registry]]\nprefix = "*.a.example:80"',
    says: 'line 2: "registry.0.prefix"',
  },
  {
    what: "a wildcard location",
    text: '[[registry]]\nlocation = "*.a.example"',
    says: 'line 2: "registry.0.location"',
  },
  { what: "neither prefix nor location", text: "[[registry]]\ninsecure = true", says: 'line 1: "registry.0"' },
  { what: "no location", text: '[[registry]]\nprefix = "a.example"', says: 'line 2: "registry.0.prefix"' },
  {
    what: "a mirror without location",
    text: '[[registry]]\nlocation = "a"\n[[registry.mirror]]',
    says: 'line 3: "registry.0.mirror.0',
  },
  {
    what: "both ways to limit a mirror",
    text: '[[registry]]\nlocation = "a"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "all"',
    says: 'line 6: "registry.0.mirror.0.pull-from-mirror"',
  },
  {
    what: "CFG-06: insecure and not for one place",
    text: '[[registry]]\nlocation = "a"\ninsecure = true\n[[registry]]\nprefix = "b"\nlocation = "a"\ninsecure = false',
    says: 'line 7: "registry.1.insecure"',
  },
  {
    what: "CFG-06: blocked and not for one place",
    text: '[[registry]]\nlocation = "a"\nblocked = true\n[[registry]]\nlocation = "a"',
    says: 'line 4: "registry.1.blocked"',
  },
  { what: "CFG-06: version 1", text: "[registries.search]\nregistries = []", says: "rewrite it as version 2" },
  {
    what: "an unknown key",
    text: '[[registry]]\nlocaton = "a"',
    says: 'there is no key "registry.0.locaton"; perhaps "location"',
  },
])("refuses $what", ({ text, says }) => {
  expect(() => read(text, "a.conf")).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringContaining(says),
    }),
  );
  expect(() => read(text, "a.conf")).toThrow('Cannot read registries file "a.conf": line ');
});

test.for([
  { prefix: "example.com", name: "example.com/a", matches: true },
  { prefix: "example.com", name: "example.com:5000/a", matches: false },
  { prefix: "example.com", name: "example.community/a", matches: false },
  { prefix: "example.com:5000", name: "example.com:5000/a", matches: true },
  { prefix: "example.com:5000", name: "example.com:50001/a", matches: false },
  { prefix: "example.com/a", name: "example.com/a", matches: true },
  { prefix: "example.com/a", name: "Example.com/a/b", matches: true },
  { prefix: "example.com/a", name: "example.com/ab", matches: false },
  { prefix: "example.com/a", name: "example.com/a:v1", matches: true },
  { prefix: "example.com/a", name: `example.com/a@${digest}`, matches: true },
  { prefix: "example.com/a:v1", name: "example.com/a:v1", matches: true },
  { prefix: "example.com/a:v1", name: "example.com/a:v10", matches: false },
  { prefix: "example.com/a:v1", name: `example.com/a:v1@${digest}`, matches: true },
  { prefix: `example.com/a@${digest}`, name: `example.com/a@${digest}`, matches: true },
  { prefix: `example.com/a@${digest}`, name: `example.com/a:v1@${digest}`, matches: true },
  { prefix: "*.example.com", name: "a.b.example.com/x", matches: true },
  { prefix: "*.example.com", name: "example.com/x", matches: false },
  { prefix: "*.example.com", name: "aexample.com/x", matches: false },
  { prefix: "*.example.com", name: "a.example.com:5000/x", matches: false },
])("CFG-05: whether $prefix is a prefix of $name: $matches", ({ prefix, name, matches }) => {
  const conf = read(`[[registry]]\nprefix = "${prefix}"\nlocation = "there.example/x"`);
  expect(findRegistry(conf, ask(name)) !== undefined).toBe(matches);
});

test.for([
  { what: "nothing where nothing matches", conf: "", name: "a.example/b", means: undefined },
  {
    what: "the remainder after the longest prefix",
    conf: '[[registry]]\nlocation = "a.example"\n[[registry]]\nprefix = "a.example/team"\nlocation = "b.example/x"',
    name: "a.example/team/app:v1",
    means: ["origin b.example/x/app"],
  },
  {
    what: "no rewriting under a wildcard without location",
    conf: '[[registry]]\nprefix = "*.example"',
    name: "a.example/app",
    means: ["origin a.example/app"],
  },
  {
    what: "the whole host under a wildcard with one",
    conf: '[[registry]]\nprefix = "*.example"\nlocation = "b.test:5000/x"',
    name: "a.example/app",
    means: ["origin b.test:5000/x/app"],
  },
  {
    what: "Docker Hub's host",
    conf: '[[registry]]\nprefix = "docker.io/library"\nlocation = "docker.io/mine"',
    name: "docker.io/library/alpine",
    means: ["origin registry-1.docker.io/mine/alpine"],
  },
  {
    what: "the place of a prefix with a tag",
    conf: '[[registry]]\nprefix = "a.example/b:v1"\nlocation = "c.example/d"',
    name: "a.example/b:v1",
    means: ["origin c.example/d"],
  },
  {
    what: "the first of two with one prefix",
    conf: '[[registry]]\nprefix = "a.example"\nlocation = "b.example"\n[[registry]]\nprefix = "a.example"\nlocation = "c.example"',
    name: "a.example/b",
    means: ["origin b.example/b"],
  },
])("CFG-04: plans $what", ({ conf, name, means }) => {
  expect(told(conf, name)).toEqual(means);
});

const mirrors = `
[[registry]]
location = "a.example"
[[registry.mirror]]
location = "all.example/p"
[[registry.mirror]]
location = "digest.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tag.example"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "a.example/copy"
`;

test.for([
  { name: "a.example/b:v1", asks: "tag.example/b" },
  { name: `a.example/b@${digest}`, asks: "digest.example/b" },
  { name: `a.example/b:v1@${digest}`, asks: "digest.example/b" },
])("CFG-04: for $name only the mirrors that are for it are asked", ({ name, asks }) => {
  const want = ["mirror all.example/p/b", `mirror ${asks}`, "origin a.example/copy/b", "origin a.example/b"];
  expect(told(mirrors, name)).toEqual(want);
});

test("mirror-by-digest-only is for all mirrors", () => {
  const conf = '[[registry]]\nlocation = "a"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b"';
  expect(told(conf, "a/c:v1")).toEqual(["origin a/c"]);
  expect(told(conf, `a/c@${digest}`)).toEqual(["mirror b/c", "origin a/c"]);
});

test("insecure believes any certificate and speaks http, each place by itself", () => {
  const conf = read('[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\ninsecure = true');
  expect(planRegistriesConf(conf, ask("a/c"))).toMatchObject([
    { trustFiles: { authorities: [], identities: [], anyCertificate: true }, orPlainHttp: true },
    { trustFiles: undefined, orPlainHttp: false },
  ]);
});

test("REG-33: a blocked repository is told with file and prefix", () => {
  const conf = read('[[registry]]\nlocation = "a.example/team"\nblocked = true', "/etc/b.conf");
  expect(() => planRegistriesConf(conf, ask("a.example/team/app"))).toThrow(
    expect.objectContaining({
      code: "permission-denied",
      message:
        'Cannot plan hosts of "a.example/team/app": it is blocked, by the prefix "a.example/team" in "/etc/b.conf"',
    }),
  );
});

test("a place without a path is told", () => {
  const conf = '[[registry]]\nprefix = "a.example/b"\nlocation = "c.example"';
  expect(() => told(conf, "a.example/b:v1")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

test("CFG-04: a drop-in replaces whole prefixes, single aliases, and lists that it has", () => {
  const main = read(
    'unqualified-search-registries = ["x"]\nshort-name-mode = "disabled"\n[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "m"\n[[registry]]\nlocation = "b"\n[aliases]\none = "x/1"\ntwo = "x/2"',
    "main",
  );
  const dropIn = read(
    'unqualified-search-registries = []\n[[registry]]\nlocation = "a"\nblocked = true\n[aliases]\ntwo = "y/2"',
    "drop",
  );
  const merged = mergeRegistriesConf([main, dropIn]);
  expect(merged.registries.map(({ file, prefix, mirrors: list }) => [file, prefix, list.length])).toEqual([
    ["main", "b", 0],
    ["drop", "a", 0],
  ]);
  expect(merged).toMatchObject({
    unqualifiedSearchRegistries: [],
    shortNameMode: "disabled",
    aliases: { one: "x/1", two: "y/2" },
  });
  expect(mergeRegistriesConf([])).toEqual(read(""));
});

test("any text gives a value or a StowageError", () => {
  const words = [
    "[[registry]]",
    "[[registry.mirror]]",
    "\n",
    'prefix = "*.a"',
    'location = "a/b:c"',
    'location = "b"',
    "insecure = true",
    "blocked = 1",
    "[aliases]",
    "=",
  ];
  assert(
    property(array(constantFrom(...words), { maxLength: 12 }), string(), (parts, rest) => {
      for (const text of [parts.join("\n"), parts.join("\n") + rest]) {
        try {
          read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StowageError);
        }
      }
    }),
  );
});

test("reads back the places it is given", () => {
  const label = constantFrom("a", "b-c", "x9");
  const places = array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("/"));
  assert(
    property(places, constantFrom("", ":5000"), (place, port) => {
      const location = place.replace(/^[^/]+/, (host) => `${host}${port}`);
      expect(read(`[[registry]]\nlocation = "${location}"`).registries).toMatchObject([{ prefix: location, location }]);
    }),
  );
});
