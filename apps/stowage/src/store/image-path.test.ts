import { StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { parseImagePath } from "./image-path.ts";

const digest = `sha256:${"0a".repeat(32)}`;

test.for([
  { text: "alpine:/etc/passwd", image: "alpine", path: "/etc/passwd" },
  { text: "alpine:3:/etc/passwd", image: "alpine:3", path: "/etc/passwd" },
  { text: "localhost:5000/a:/etc", image: "localhost:5000/a", path: "/etc" },
  { text: "localhost:5000/a:1:/etc/passwd", image: "localhost:5000/a:1", path: "/etc/passwd" },
  { text: "localhost:5000/a:1:etc/passwd", image: "localhost:5000/a:1", path: "etc/passwd" },
  { text: "localhost:5000/a:etc/passwd", image: "localhost:5000/a", path: "etc/passwd" },
  { text: `a@${digest}:/x`, image: `a@${digest}`, path: "/x" },
  { text: `a:1@${digest}:x`, image: `a:1@${digest}`, path: "x" },
  { text: `${digest}:/x`, image: digest, path: "/x" },
  { text: "0a0a0a0a0a0a:/", image: "0a0a0a0a0a0a", path: "/" },
  { text: "alpine:/a:b/c:/d", image: "alpine", path: "/a:b/c:/d" },
  { text: "alpine:passwd", image: "alpine", path: "passwd" },
  { text: "alpine:.", image: "alpine", path: "." },
  { text: "alpine:../../etc", image: "alpine", path: "../../etc" },
])("$text is $path of $image", ({ text, image, path }) => {
  expect(parseImagePath(text)).toEqual({ image, path });
});

test.for(["", ":", "alpine", "alpine:", ":/etc/passwd", "/etc/passwd", `a@${digest}`, digest])("rejects %j", (text) => {
  expect(() => parseImagePath(text)).toThrow(StowageError);
});
