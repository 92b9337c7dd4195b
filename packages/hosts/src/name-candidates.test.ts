import { StowageError } from "@stowage/errors";
import { findShortName, formatReference, parseReference } from "@stowage/reference";
import { array, assert, constantFrom, dictionary, property, record, stringMatching } from "fast-check";
import { expect, test } from "vitest";
import { candidatesOf, decodeRegistriesConf, emptyRegistriesConf, mergeRegistriesConf } from "./index.ts";

const digest = `sha256:${"a".repeat(64)}`;
const confOf = (...texts: readonly string[]) =>
  mergeRegistriesConf(texts.map((text, at) => decodeRegistriesConf(text, `${at}.conf`)));
const namesOf = (text: string, ...confs: readonly string[]) =>
  candidatesOf(confOf(...confs), text, { file: "registries.conf" }).references.map(formatReference);

const search = 'unqualified-search-registries = ["one.example", "two.example:5000/team"]\n';
const aliases = '[aliases]\n"app" = "alias.example/team/app"\n"lib/x" = "alias.example/x"\n';

test.for([
  { text: "busybox", confs: [], is: ["docker.io/library/busybox:latest"] }, // REF-19
  { text: "constructor", confs: [], is: ["docker.io/library/constructor:latest"] },
  { text: "app", confs: [aliases], is: ["alias.example/team/app:latest"] },
  { text: "app:1", confs: [search + aliases], is: ["alias.example/team/app:1"] }, // REF-20
  { text: `lib/x:1@${digest}`, confs: [aliases], is: [`alias.example/x:1@${digest}`] },
  { text: "app", confs: [aliases, '[aliases]\n"app" = ""'], is: ["docker.io/library/app:latest"] }, // REF-21
  { text: "other", confs: [search], is: ["one.example/other:latest", "two.example:5000/team/other:latest"] }, // REF-25
  { text: "lib/y:2", confs: [search], is: ["one.example/lib/y:2", "two.example:5000/team/lib/y:2"] },
  { text: "quay.example/app", confs: [search + aliases], is: ["quay.example/app:latest"] },
  { text: "localhost/app", confs: [search], is: ["localhost/app:latest"] },
  {
    text: "app",
    confs: ['short-name-mode = "enforcing"\nunqualified-search-registries = ["docker.io"]'],
    is: ["docker.io/library/app:latest"], // REF-22
  },
])("$text with $confs is $is", ({ text, confs, is }) => {
  expect(namesOf(text, ...confs)).toEqual(is);
});

test("says of a short name with several registries that it is ambiguous, where that is enforced (REF-23)", () => {
  const conf = confOf(`short-name-mode = "enforcing"\n${search}`);
  const { ambiguity, references } = candidatesOf(conf, "app", { file: "f" });
  expect(references).toHaveLength(2);
  expect(ambiguity).toBe(
    "short name mode is enforcing, but image name app returns ambiguous list: one.example, two.example:5000/team; name its registry as well",
  );
  for (const mode of ["permissive", "disabled"]) {
    expect(
      candidatesOf(confOf(`short-name-mode = "${mode}"\n${search}`), "app", { file: "f" }).ambiguity,
    ).toBeUndefined();
  }
});

test.for([{ conf: "unqualified-search-registries = []" }, { conf: 'short-name-mode = "enforcing"' }])(
  "refuses a short name where nothing is left of $conf, naming the file (REF-24)",
  ({ conf }) => {
    const told =
      /short-name "app:1" did not resolve to an alias and no unqualified-search registries are defined in "registries.conf"/;
    expect(() => namesOf("app:1", conf)).toThrow(told);
    expect(namesOf("a.example/app", conf)).toEqual(["a.example/app:latest"]);
  },
);

test.for([
  '"app" = "app2"',
  '"app" = "a.example/app:1"',
  `"app" = "a.example/app@${digest}"`,
  '"app" = "a.example/UP"',
])("refuses the alias %s", (alias) => {
  expect(() => namesOf("app", `[aliases]\n${alias}`)).toThrow(/alias "app" in "registries.conf" is no place/);
});

test("gives at least one whole reference, or a StowageError, whatever is set", () => {
  const word = stringMatching(/^[a-zA-Z./:@]{0,6}$/);
  const confs = record({
    unqualifiedSearchRegistries: constantFrom(undefined, [], ["a.example"], ["b.example", "UP"]),
    shortNameMode: constantFrom(undefined, "enforcing", "permissive", "disabled"),
    aliases: dictionary(word, word),
  });
  assert(
    property(confs, array(word, { minLength: 1, maxLength: 3 }), (conf, words) => {
      try {
        const { references } = candidatesOf({ ...emptyRegistriesConf, ...conf }, words.join("/"), { file: "f" });
        expect(references.length).toBeGreaterThan(0);
        for (const reference of references) {
          expect(parseReference(formatReference(reference))).toEqual(reference);
          expect(findShortName(formatReference(reference))).toBeUndefined();
        }
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
