import { array, assert, property, string, stringMatching, tuple, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { findLink, formatLinks, parseLinks } from "./link.ts";

test.for([
  { text: '</v2/a/tags/list?n=2&last=b>; rel="next"', next: "/v2/a/tags/list?n=2&last=b" },
  { text: "</next>;rel=next", next: "/next" },
  { text: '</next> ; title="a, <b>; rel=next" ; REL = "prev Next"', next: "/next" },
  { text: '</first>; rel="first", </next>; rel="next"', next: "/next" },
  { text: '</a,b;c>; rel="next"', next: "/a,b;c" },
  { text: '</one>; rel="prev"; rel="next"', next: undefined },
  { text: '</next>; rel="nextish"', next: undefined },
  { text: '</next; rel="next"', next: undefined },
  { text: 'rel="next"', next: undefined },
  { text: "", next: undefined },
])("the next page by $text is $next", ({ text, next }) => {
  expect(findLink(parseLinks([text]), "next")).toBe(next);
});

test("several values are one list", () => {
  expect(findLink(parseLinks(['</first>; rel="first"', '</next>; rel="next"']), "next")).toBe("/next");
});

test("any text gives links, in time that grows with it", () => {
  assert(property(array(string({ unit: "binary", maxLength: 200 })), (texts) => void parseLinks(texts)));
  for (const part of ["<", "; ", ";a=", ';a="\\', "<>;"]) parseLinks([part.repeat(100_000)]);
});

const parameters = uniqueArray(tuple(stringMatching(/^[a-z*-]{1,8}$/), string()), { selector: ([name]) => name });

test("reads back the links it writes", () => {
  const links = array(tuple(stringMatching(/^[^<>]{0,20}$/), parameters));
  assert(
    property(links, (drafts) => {
      const written = drafts.map(([target, pairs]) => ({ target, parameters: new Map(pairs) }));
      expect(parseLinks([formatLinks(written)])).toEqual(written);
    }),
  );
});
