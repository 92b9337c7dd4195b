import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { digestOf } from "./digest.ts";
import { decodeJson, explain } from "./json.ts";
import { maxConfigBytes } from "./limits.ts";

/** What an image says of the process that is to run in it (OCI image-spec, config.md). */
export interface ImageProcess {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value`; what is written otherwise is left out. */
  readonly env: readonly string[];
  /** As it is written: `user`, `uid`, either with `:group` or `:gid`; `""` where nobody said. */
  readonly user: string;
  /** An absolute path. */
  readonly workingDirectory: string;
  /** Absolute paths. */
  readonly volumes: readonly string[];
  /** `SIGTERM`, or a number; `undefined` where nobody said. */
  readonly stopSignal: string | undefined;
}

/** Reads it out of an image config. Fails with `invalid-argument` for what is none, and where a text has a NUL in it. */
export function decodeImageProcess(bytes: Uint8Array): ImageProcess {
  const name = `image config ${digestOf(bytes)}`;
  const read = schema.safeParse(decodeJson(bytes, { name, limit: maxConfigBytes }));
  if (!read.success) throw new StowageError("invalid-argument", `Cannot read ${name}: ${explain(read.error)}`);
  const { Entrypoint, Cmd, Env, User, WorkingDir, Volumes, StopSignal } = read.data.config ?? {};
  return {
    entrypoint: Entrypoint ?? [],
    cmd: Cmd ?? [],
    env: (Env ?? []).filter((entry) => /^[^=]+=/.test(entry)),
    user: User ?? "",
    workingDirectory: absolute(WorkingDir ?? ""),
    volumes: Object.keys(Volumes ?? {}).map(absolute),
    stopSignal: StopSignal || undefined,
  };
}

/** A C string would end at it. */
const text = z.string().refine((value) => !value.includes("\0"), { error: "it has a NUL in it" });
const texts = z.array(text).max(10_000).nullish();

const schema = z.object({
  config: z
    .object({
      Entrypoint: texts,
      Cmd: texts,
      Env: texts,
      User: text.nullish(),
      WorkingDir: text.nullish(),
      Volumes: z.record(text, z.unknown()).nullish(),
      StopSignal: text.nullish(),
    })
    .nullish(),
});

function absolute(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
