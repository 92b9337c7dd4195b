import type { MadeImage } from "@stowage/image-fixtures";
import type { FakeRegistry, FakeRegistryOptions } from "@stowage/registry-fake";
import type { CaseImageRecipe } from "./case-image.ts";
import type { CriClient } from "./cri-client.ts";

/** One thing that a kubelet relies on. It fails with a `DifferenceError`, or with the status of a call that should have been OK. */
export interface Case {
  /** A sentence; it is what the differences of other services are filed under. */
  readonly name: string;
  /** Who asks for it: `critest`, `kubelet`, a KEP, or a rule of the protocol. */
  readonly source: string;
  readonly run: (context: CaseContext) => Promise<void>;
}

/** What a case works with: all of it is the case's own, and is gone afterwards, images that were pulled included. */
export interface CaseContext {
  readonly client: CriClient;
  readonly registry: FakeRegistry;
  /** A further connection. */
  readonly connect: () => CriClient;
  /** A further connection that can be lost. */
  readonly connectThrough: () => Promise<{ readonly client: CriClient; readonly cut: () => void }>;
  /** A further registry. */
  readonly startRegistry: (options?: FakeRegistryOptions) => Promise<FakeRegistry>;
  /** An image that is nowhere else, not even where this case ran before. */
  readonly makeImage: (recipe?: CaseImageRecipe) => MadeImage;
  /** Such an image in a registry under `repository:v1`; its name. */
  readonly offer: (repository?: string, recipe?: CaseImageRecipe) => Offered;
}

export interface Offered {
  /** With tag. */
  readonly name: string;
  /** Without tag. */
  readonly repository: string;
  readonly image: MadeImage;
}
