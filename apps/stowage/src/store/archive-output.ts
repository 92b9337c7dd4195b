import { stat } from "node:fs/promises";
import { ifThere, StowageError } from "@stowage/errors";
import type { Output } from "../terminal.ts";

/** Where an archive goes, and as what. */
export type ArchiveOutput =
  | { readonly kind: "layout"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly form: "docker-archive" | "oci-archive" }
  | { readonly kind: "stdout"; readonly form: "docker-archive" | "oci-archive" };

/** The forms that people can choose from. */
export const archiveTypes = ["docker-archive", "oci-archive", "oci-layout"] as const;

export interface AskedOutput {
  /** A file or a directory; `-`, and nothing, is stdout. */
  readonly output?: string;
  readonly type?: (typeof archiveTypes)[number];
}

/**
 * Chooses where an archive goes. A directory, or what ends in a slash as one, is for a layout; everything else is for what docker
 * loads, unless something else is said. Fails with `invalid-argument` where the two do not go together, and for a terminal.
 */
export async function chooseOutput(asked: AskedOutput, stdout: Output): Promise<ArchiveOutput> {
  const { output = "-" } = asked;
  return output === "-" ? chooseStdout(asked, stdout) : await choosePath(asked, output);
}

function chooseStdout({ type: form = "docker-archive" }: AskedOutput, { isTTY }: Output): ArchiveOutput {
  if (form === "oci-layout") throw refusal("an OCI layout is a directory; name it with -o");
  if (isTTY === true) throw refusal("an archive is nothing for a terminal; name a file with -o");
  return { kind: "stdout", form };
}

async function choosePath({ type }: AskedOutput, path: string): Promise<ArchiveOutput> {
  const isDirectory = path.endsWith("/") || (await ifThere(stat(path)))?.isDirectory() === true;
  const form = type ?? (isDirectory ? "oci-layout" : "docker-archive");
  if (form === "oci-layout") return { kind: "layout", path };
  if (isDirectory) throw refusal(`"${path}" is a directory, and of type ${form} comes a file`);
  return { kind: "file", path, form };
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot save: ${why}`);
}
