import { StowageError } from "@stowage/errors";
import { formatReference, parseReference } from "@stowage/reference";
import { RegistryUnavailableError } from "@stowage/registry";
import { expect, test } from "vitest";
import { pullFirst } from "./index.ts";

const references = ["one.example/app", "two.example/app"].map(parseReference);
const unavailable = (host: string) => new RegistryUnavailableError("pull", [{ host, reason: "it is away" }]);
const missing = new StowageError("not-found", "Cannot pull two.example/app: it is not there");

function pulling(...outcomes: readonly (Error | string)[]) {
  const asked: string[] = [];
  const pull = async (reference: (typeof references)[number]): Promise<string> => {
    const outcome = outcomes[asked.length] ?? "";
    asked.push(formatReference(reference));
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { asked, pull };
}

test("pulls the first that can be pulled, and asks no further", async () => {
  const { asked, pull } = pulling(missing, "pulled", "never");
  expect(await pullFirst({ references: [...references, ...references] }, pull, { name: "app" })).toBe("pulled");
  expect(asked).toHaveLength(2);
});

test.for([
  { what: "of one as it is", candidates: references.slice(1), outcomes: [missing], is: missing },
  {
    what: "of all, and not that there is none where one is away",
    candidates: references,
    outcomes: [unavailable("one.example"), missing],
    is: { code: "unavailable", message: expect.stringMatching(/^Cannot pull "app": .*it is away; .*it is not there$/) },
  },
  {
    what: "of all that are away as such",
    candidates: references,
    outcomes: [unavailable("one.example"), unavailable("two.example")],
    is: { code: "unavailable", failures: [{ host: "one.example" }, { host: "two.example" }] },
  },
])("tells why none could be pulled: $what", async ({ candidates, outcomes, is }) => {
  const { pull } = pulling(...outcomes);
  await expect(pullFirst({ references: candidates }, pull, { name: "app" })).rejects.toMatchObject(is);
});

test("asks no other where this machine is what fails", async () => {
  const { asked, pull } = pulling(new StowageError("resource-exhausted", "Cannot pull: the disk is full"), "pulled");
  await expect(pullFirst({ references }, pull, { name: "app" })).rejects.toMatchObject({ code: "resource-exhausted" });
  expect(asked).toHaveLength(1);
});

test("asks nobody where the name is ambiguous", async () => {
  const { asked, pull } = pulling("pulled");
  const candidates = { references, ambiguity: "short name mode is enforcing" };
  await expect(pullFirst(candidates, pull, { name: "app" })).rejects.toMatchObject({
    code: "invalid-argument",
    message: 'Cannot pull "app": short name mode is enforcing',
  });
  expect(asked).toEqual([]);
});

test("asks nobody else once it is stopped", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const { asked, pull } = pulling(reason);
  stop.abort(reason);
  await expect(pullFirst({ references }, pull, { name: "app", signal: stop.signal })).rejects.toBe(reason);
  expect(asked).toHaveLength(1);
});
