import { randomBytes } from "node:crypto";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";

export interface CaseImageRecipe {
  readonly user?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Behind an index, beside one for another platform. */
  readonly index?: boolean;
}

/** So many bytes that a layer does not arrive in one piece when somebody makes it drip. */
const fillerBytes = 64 * 1024;

/** An image of two layers for this machine, with bytes that no other image has. */
export function makeCaseImage({ index = false, ...recipe }: CaseImageRecipe = {}): MadeImage {
  const layers = [
    {
      files: [
        { kind: "directory", name: "etc/", mode: 0o755 },
        { kind: "file", name: "etc/filler", content: randomBytes(fillerBytes), mode: 0o644 },
      ],
    },
    { files: [{ kind: "file", name: "etc/motd", content: randomBytes(16), mode: 0o644 }] },
  ] as const;
  const platforms = index ? [thisPlatform, "windows/amd64"] : [thisPlatform];
  return makeImage({ platforms: platforms.map((platform) => ({ ...recipe, platform, layers })) });
}

/** As images name it. */
export const thisPlatform: string = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
