import { artifactCases } from "./artifact-cases.ts";
import { cancellationCases } from "./cancellation-cases.ts";
import type { Case } from "./case.ts";
import { concurrencyCases } from "./concurrency-cases.ts";
import { connectionCases } from "./connection-cases.ts";
import { credentialCases } from "./credential-cases.ts";
import { errorCases } from "./error-cases.ts";
import { fsInfoCases } from "./fs-info-cases.ts";
import { listCases } from "./list-cases.ts";
import { messageCases } from "./message-cases.ts";
import { pullCases } from "./pull-cases.ts";
import { removeCases } from "./remove-cases.ts";
import { runtimeCases } from "./runtime-cases.ts";
import { statusCases } from "./status-cases.ts";
import { userCases } from "./user-cases.ts";

/** Everything that is asked of a CRI image service, in the order in which a kubelet comes upon it. */
export const cases: readonly Case[] = [
  ...connectionCases,
  ...runtimeCases,
  ...fsInfoCases,
  ...pullCases,
  ...userCases,
  ...statusCases,
  ...listCases,
  ...removeCases,
  ...errorCases,
  ...credentialCases,
  ...cancellationCases,
  ...concurrencyCases,
  ...messageCases,
  ...artifactCases,
];
