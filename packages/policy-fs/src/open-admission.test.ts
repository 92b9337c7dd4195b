import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdmissionRefusedError, type Candidate } from "@stowage/admission";
import { describeAdmission } from "@stowage/admission/conformance";
import { digestOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, onTestFinished, test } from "vitest";
import { openAdmission } from "./index.ts";

const accept = [{ type: "insecureAcceptAnything" }];
const reject = [{ type: "reject" }];
const acceptAll = JSON.stringify({ default: accept });
const rejectAll = JSON.stringify({ default: reject });
const acceptTeam = JSON.stringify({ default: reject, transports: { docker: { "a.example/team": accept } } });

/** A new directory with a `policy.json`, where a text is given, and the policies of namespaces below it. */
async function places(text?: string, namespaces: Readonly<Record<string, string>> = {}) {
  const root = await mkdtemp(join(tmpdir(), "stowage-policy-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const file = join(root, "policy.json");
  const namespacesDir = join(root, "policies");
  await mkdir(namespacesDir);
  if (text !== undefined) await writeFile(file, text);
  for (const [name, own] of Object.entries(namespaces)) await writeFile(join(namespacesDir, `${name}.json`), own);
  return { root, file, namespacesDir };
}

function candidate(name = "a.example/team/app:v1", more: Partial<Candidate> = {}): Candidate {
  const reference = parseReference(name);
  return { reference, manifest: digestOf("a manifest"), origin: { transport: "docker" }, ...more };
}

describeAdmission("openAdmission", async () => ({
  admission: openAdmission(await places(acceptTeam)),
  admitted: candidate(),
  refused: candidate("a.example/other/app:v1"),
}));

test("a refusal says what was asked for, why, and which part of which policy says so", async () => {
  const { file, namespacesDir } = await places(
    JSON.stringify({
      default: reject,
      transports: { docker: { "a.example": [{ type: "sigstoreSigned", keyPath: "/k" }] } },
    }),
  );
  const admission = openAdmission({ file, namespacesDir });
  const says = async (name: string) => {
    const error = await admission.admit(candidate(name)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AdmissionRefusedError);
    return String(error);
  };
  expect(await says("busybox")).toContain(
    `Cannot admit docker.io/library/busybox:latest: it is rejected (policy "${file}", the default)`,
  );
  expect(await says("a.example/b:v1")).toMatch(
    /sigstore signature .* cannot be verified yet \(policy ".*", the scope "a\.example" of "docker"\)$/,
  );
});

test("what comes from an archive is judged by the scopes of its path, whatever it is to be called", async () => {
  const transports = { docker: { "": reject }, "oci-archive": { "/srv/ours": accept } };
  const admission = openAdmission(await places(JSON.stringify({ default: reject, transports })));
  const transport = "oci-archive";
  await admission.admit(candidate(undefined, { origin: { transport, path: "/srv/ours/a.tar" } }));
  const others = [
    { transport, path: "/srv/a.tar" },
    { transport },
    { transport: "oci", path: "/srv/ours/a" },
    { transport: "unknown" },
  ] as const;
  for (const origin of others)
    await expect(admission.admit(candidate(undefined, { origin }))).rejects.toThrow(AdmissionRefusedError);
});

test.for([
  { what: "a stricter one", machine: acceptAll, own: rejectAll, isAdmitted: false },
  { what: "a looser one", machine: rejectAll, own: acceptAll, isAdmitted: true },
  { what: "one that knows its images", machine: rejectAll, own: acceptTeam, isAdmitted: true },
  { what: "none", machine: rejectAll, own: undefined, isAdmitted: false },
])("IMG-29: a namespace with $what has that instead of the machine's", async ({ machine, own, isAdmitted }) => {
  const admission = openAdmission(await places(machine, own === undefined ? {} : { tenant: own }));
  const asked = admission.admit(candidate(undefined, { namespace: "tenant" }));
  if (isAdmitted) await asked;
  else await expect(asked).rejects.toThrow(AdmissionRefusedError);
  const ofMachine = openAdmission(await places(machine)).admit(candidate(undefined, { namespace: "other" }));
  await expect(
    ofMachine.then(
      () => true,
      () => false,
    ),
  ).resolves.toBe(machine === acceptAll);
});

test.for(["", ".", "..", "../policy", "a/b", "/etc/passwd", "A", "a.b", "a\0", "-a", "a-", "a".repeat(64), "a\n"])(
  "the namespace %j never becomes a path",
  async (namespace) => {
    const { root, ...found } = await places(acceptAll, { a: acceptAll });
    await writeFile(join(root, "policy.json.json"), acceptAll);
    await expect(openAdmission(found).admit(candidate(undefined, { namespace }))).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("it is no name of a namespace"),
    });
  },
);

test("IMG-30: a policy that is missing lets nothing in, unless it may be", async () => {
  const found = await places();
  await expect(openAdmission(found).admit(candidate())).rejects.toMatchObject({
    code: "invalid-argument",
    message: `Cannot read policy "${found.file}": it is not there`,
  });
  await openAdmission({ ...found, mayBeMissing: true }).admit(candidate());
});

test.for([
  { what: "not JSON", text: "{" },
  { what: "empty", text: "" },
  { what: "of unknown keys", text: '{"default":[{"type":"insecureAcceptAnything"}],"x":1}' },
  {
    what: "of keys that are there twice",
    text: `{"default":${JSON.stringify(accept)},"default":${JSON.stringify(accept)}}`,
  },
  { what: "too long", text: " ".repeat(2 ** 20) + acceptAll },
])("IMG-30: CVE-2026-45781, failing open: a policy that is $what lets nothing in", async ({ text }) => {
  const found = await places(text, { tenant: text });
  const wrong = { code: "invalid-argument", message: expect.stringContaining(found.file) };
  const admission = openAdmission({ ...found, mayBeMissing: true });
  for (let round = 0; round < 2; round += 1) await expect(admission.admit(candidate())).rejects.toMatchObject(wrong);
  await writeFile(found.file, acceptAll);
  await admission.admit(candidate());
  await expect(admission.admit(candidate(undefined, { namespace: "tenant" }))).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("tenant.json"),
  });
});

test("IMG-30: a policy that is no file, or a link to nothing, or below a file, lets nothing in", async () => {
  const { root, file, namespacesDir } = await places();
  const admission = openAdmission({ file, mayBeMissing: true, namespacesDir });
  const own = candidate(undefined, { namespace: "tenant" });
  await symlink(join(root, "gone"), file);
  await symlink(join(root, "gone"), join(namespacesDir, "tenant.json"));
  for (const each of [candidate(), own])
    await expect(admission.admit(each)).rejects.toMatchObject({ code: "invalid-argument" });
  await rm(file);
  execFileSync("mkfifo", [file]);
  await expect(admission.admit(candidate())).rejects.toMatchObject({ code: "invalid-argument" });
  await rm(file);
  await rm(namespacesDir, { recursive: true });
  await writeFile(namespacesDir, "a file");
  await expect(admission.admit(own)).rejects.toMatchObject({ code: "failed-precondition" });
  await admission.admit(candidate());
});

test("IMG-30: a policy that cannot be read lets nothing in", async () => {
  const found = await places();
  await symlink(found.file, found.file);
  await expect(openAdmission({ ...found, mayBeMissing: true }).admit(candidate())).rejects.toThrow("ELOOP");
});

test("CFG-12: what changes counts for the next question", async () => {
  const found = await places(rejectAll);
  const admission = openAdmission(found);
  const isAdmitted = () =>
    admission.admit(candidate(undefined, { namespace: "tenant" })).then(
      () => true,
      () => false,
    );
  expect(await isAdmitted()).toBe(false);
  await writeFile(found.file, acceptAll);
  expect(await isAdmitted()).toBe(true);
  const own = join(found.namespacesDir, "tenant.json");
  await writeFile(own, rejectAll);
  expect(await isAdmitted()).toBe(false);
  await writeFile(`${own}.new`, acceptTeam);
  await rename(`${own}.new`, own);
  expect(await isAdmitted()).toBe(true);
  await rm(own);
  await writeFile(found.file, rejectAll);
  expect(await isAdmitted()).toBe(false);
});
