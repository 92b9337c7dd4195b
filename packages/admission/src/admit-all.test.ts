import { digestOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { expect, test } from "vitest";
import { describeAdmission } from "./conformance.ts";
import { AdmissionRefusedError, admitAll, type Candidate } from "./index.ts";

const reference = parseReference("a.example/b:v1");
const admitted: Candidate = { reference, manifest: digestOf("a manifest"), origin: { transport: "docker" } };

describeAdmission("admitAll", async () => ({ admission: admitAll, admitted }));

test("a refusal names the image and says why", () => {
  expect(new AdmissionRefusedError(reference, "it is rejected")).toMatchObject({
    name: "AdmissionRefusedError",
    code: "permission-denied",
    message: "Cannot admit a.example/b:v1: it is rejected",
  });
});
