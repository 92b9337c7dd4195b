import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Layers as directories, bottom first, made by other tools into an OCI layout that skopeo reads. */
export function makeOciLayout(layout: string, layers: readonly string[]): void {
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const made = layers.map((directory, at) => makeLayer(blobs, { directory, name: join(layout, `layer-${at}`) }));
  const config = addJson(blobs, {
    os: "linux",
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    config: { Env: ["PATH=/usr/bin"], Cmd: ["sh"] },
    rootfs: { type: "layers", diff_ids: made.map(({ diffId }) => diffId) },
  });
  const manifest = addJson(blobs, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: made.map(({ digest, size }) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      digest,
      size,
    })),
  });
  const entry = { mediaType: "application/vnd.oci.image.manifest.v1+json", ...manifest };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

interface LayerWork {
  readonly directory: string;
  readonly name: string;
}

/** GNU tar writes the layer and gzip packs it: no line of the code under test has a part in it. */
function makeLayer(blobs: string, { directory, name }: LayerWork) {
  const tar = [
    "--create",
    "--format=pax",
    "--xattrs",
    "--xattrs-include=*",
    "--numeric-owner",
    "--sort=name",
    "--sparse",
  ];
  execFileSync("tar", [...tar, `--file=${name}.tar`, `--directory=${directory}`, "."]);
  execFileSync("gzip", ["--keep", "--fast", `${name}.tar`]);
  const diffId = digestOfFile(`${name}.tar`);
  const digest = digestOfFile(`${name}.tar.gz`);
  copyFileSync(`${name}.tar.gz`, join(blobs, digest.slice("sha256:".length)));
  return { diffId, digest, size: statSync(`${name}.tar.gz`).size };
}

function addJson(blobs: string, value: object) {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
  return { digest, size: bytes.byteLength };
}

function digestOfFile(path: string): string {
  return `sha256:${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
}
