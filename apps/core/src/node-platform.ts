import { type Platform, parsePlatform } from "@stowage/oci";

/** The platform of this machine, in Go's words. */
export function nodePlatform(): Platform {
  return parsePlatform(`linux/${architectures[process.arch] ?? process.arch}`);
}

const architectures: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  loong64: "loong64",
  mipsel: "mipsle",
};
