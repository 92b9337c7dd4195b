import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../run-command.test.fixture.ts";
import { runHere } from "../run-here.test.fixture.ts";

test("paths are named from the working directory as well, for every verb", async () => {
  const directory = await scratchDirectory();
  const [root, address] = [join(directory, "store"), join(directory, "none.sock")];
  const place = ["--root", root, "--address", address].map((word) => (word.startsWith("/") ? here(word) : word));
  const { out } = await runHere(["info", "--json", ...place]);
  expect(JSON.parse(out.toString())).toMatchObject({ root, address });
  expect(await runHere(["unmount", "none", ...place])).toMatchObject({
    code: 3,
    err: expect.stringContaining(`no image of "${root}"`),
  });
});

function here(path: string): string {
  return relative(process.cwd(), path);
}

test.for(["--root", "--address", "--config"])("%s is not empty", async (option) => {
  expect(await runHere(["images", option, ""])).toMatchObject({ code: 2, err: expect.stringMatching(/^[^\n]*\n$/) });
});
