import { create } from "@bufbuild/protobuf";
import { StowageError } from "@stowage/errors";
import { type CheckReport, type DiskAccount, type DiskLine, diskKinds, type Repair } from "@stowage/image-service";
import { type ImageKey, isImageKey } from "@stowage/images";
import { parseDigest, quoteText } from "@stowage/oci";
import { decodeDamage, encodeDamage } from "./damage-message.ts";
import {
  type AccountResponse,
  AccountResponseSchema,
  type CheckResponse,
  CheckResponseSchema,
  type DiskUsage,
  type RepairResponse,
  RepairResponseSchema,
} from "./gen/stowage/v1/store_pb.ts";
import { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";
import { decodeUsage, encodeUsage } from "./usage-message.ts";

/** What a check saw, as `stowage.v1` carries it. */
export function encodeCheckReport({ images, resources, findings, unreadable }: CheckReport): CheckResponse {
  const found = findings.map(({ images: needing, ...damage }) => ({
    damage: encodeDamage(damage),
    images: [...needing],
  }));
  return create(CheckResponseSchema, { images, resources, findings: found, unreadable: [...unreadable] });
}

/** The report in a message. What is no digest or resource fails with `invalid-argument`. */
export function decodeCheckReport({ images, resources, findings, unreadable }: CheckResponse): CheckReport {
  return {
    images,
    resources,
    findings: findings.map((finding) => ({ ...decodeDamage(finding.damage), images: finding.images.map(parseDigest) })),
    unreadable: unreadable.map(keyIn),
  };
}

function keyIn(text: string): ImageKey {
  if (isImageKey(text)) return text;
  throw new StowageError("invalid-argument", `Cannot read a check report: ${quoteText(text)} is no key of an image`);
}

/** What became of damaged images. */
export function encodeRepairs(repairs: readonly Repair[]): RepairResponse {
  const images = repairs.map(({ image, failure }) => ({
    image: encodeStoredImage(image),
    failure: failure ?? "",
  }));
  return create(RepairResponseSchema, { images });
}

export function decodeRepairs({ images }: RepairResponse): readonly Repair[] {
  return images.map(({ image, failure }) => {
    if (image === undefined) throw new StowageError("invalid-argument", "Cannot read a repair: it names no image");
    return { image: decodeStoredImage(image), ...(failure === "" ? {} : { failure }) };
  });
}

/** What takes how much of the disk. */
export function encodeDiskAccount({ lines, total, unaccounted }: DiskAccount): AccountResponse {
  return create(AccountResponseSchema, {
    lines: lines.map(({ kind, ...usage }) => ({ kind, usage: encodeUsage(usage) })),
    total: encodeUsage(total),
    unaccounted: encodeUsage(unaccounted),
    paths: [...unaccounted.paths],
  });
}

/** The account in a message. Lines of kinds that are not known here are left out of it. */
export function decodeDiskAccount({ lines, total, unaccounted, paths }: AccountResponse): DiskAccount {
  return {
    lines: lines.flatMap(({ kind, usage }) => decodeLine(kind, usage)),
    total: decodeUsage(total),
    unaccounted: { ...decodeUsage(unaccounted), paths },
  };
}

function decodeLine(text: string, usage: DiskUsage | undefined): readonly DiskLine[] {
  const kind = diskKinds.find((known) => known === text);
  return kind === undefined ? [] : [{ kind, ...decodeUsage(usage) }];
}
