import { Secret } from "@stowage/auth";
import { assert, property, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { secretTexts, wordsOf } from "./registry-words.ts";

const words = (text: string, contentType = "application/json") =>
  wordsOf(new TextEncoder().encode(text), contentType, []);

test.for([
  { text: '{"errors":[{"code":"DENIED","message":"no"},{"code":"X"}]}', means: "DENIED: no; X" },
  { text: '{"error":"invalid_grant","error_description":"no such user"}', means: "invalid_grant: no such user" },
  { text: '{"details":"incorrect username or password"}', means: "incorrect username or password" },
  { text: '{"errors":[{"message":"a\\u001b[31m\\nb\\u202e"}]}', means: "a [31m b" },
  { text: '{"errors":[null,7,"x",{"message":{}}]}', means: "" },
  { text: '{"errors":', means: "" },
  { text: "<html>busy</html>", means: "" },
  { text: "", means: "" },
])("hears $means in $text", ({ text, means }) => {
  expect(words(text)).toBe(means);
});

test("hears plain text, and no more than a line of it", () => {
  expect(words("too\r\nmany", "text/plain; charset=utf-8")).toBe("too many");
  expect(words("x".repeat(5000), "text/plain")).toHaveLength(1024);
});

test("hears something in any bytes, and no control character", () => {
  assert(
    property(uint8Array(), string(), (bytes, type) => {
      expect(wordsOf(bytes, type, [])).not.toMatch(/\p{Cc}/u);
    }),
  );
});

const password = 'p&"ss wörd';
const basic = { kind: "basic", username: "me", password: new Secret(password) } as const;

test.for([
  { form: "as it is", text: password },
  { form: "URL-encoded", text: encodeURIComponent(password) },
  { form: "as a form has it", text: new URLSearchParams({ p: password }).toString().slice(2) },
  { form: "in base64", text: Buffer.from(password).toString("base64") },
  { form: "as a header", text: `Basic ${Buffer.from(`me:${password}`).toString("base64")}` },
  { form: "as a bearer", text: "bought-token" },
])("CVE-2019-11250: strikes out a secret $form", ({ text }) => {
  const secrets = secretTexts(basic, new Secret("Bearer bought-token"));
  const told = wordsOf(
    new TextEncoder().encode(JSON.stringify({ message: `wrong: ${text}!` })),
    "application/json",
    secrets,
  );
  expect(told).toMatch(/^wrong: (?:Basic )?\[secret\]!$/);
});

test("a password that is part of ordinary words is not told by striking it out", () => {
  const secrets = secretTexts({ kind: "basic", username: "user", password: new Secret("c") }, undefined);
  expect(wordsOf(new TextEncoder().encode("authentication required"), "text/plain", secrets)).toBe(
    "authentication required",
  );
});
