import { describe, expect, test } from "vitest";
import type { Admission, Candidate } from "./admission.ts";
import { AdmissionRefusedError } from "./admission-refused-error.ts";

/** An `Admission`, and what it is to say. */
export interface OpenedAdmission {
  readonly admission: Admission;
  readonly admitted: Candidate;
  /** Where it refuses anything. */
  readonly refused?: Candidate | undefined;
}

/** What every `Admission` promises. Each adapter's tests call this with a way to open one. */
export function describeAdmission(name: string, open: () => Promise<OpenedAdmission>): void {
  describe(`${name} keeps the promises of Admission`, () => {
    test("says the same of the same image each time, also to many at once", async () => {
      const { admission, admitted, refused } = await open();
      const asked = Array.from({ length: 10 }, () => admission.admit(admitted));
      await expect(Promise.all(asked)).resolves.toHaveLength(10);
      if (refused === undefined) return;
      for (let round = 0; round < 2; round += 1)
        await expect(admission.admit(refused)).rejects.toBeInstanceOf(AdmissionRefusedError);
    });

    test("refuses with permission-denied, and says what", async () => {
      const { admission, refused } = await open();
      if (refused === undefined) return;
      await expect(admission.admit(refused)).rejects.toMatchObject({
        code: "permission-denied",
        message: expect.stringMatching(`^Cannot admit .*${refused.reference.path}`),
      });
    });

    test("stops with the reason of the signal", async () => {
      const { admission, admitted, refused = admitted } = await open();
      const reason = new Error("enough");
      const options = { signal: AbortSignal.abort(reason) };
      for (const candidate of [admitted, refused])
        await expect(admission.admit(candidate, options)).rejects.toBe(reason);
    });
  });
}
