import { create } from "@bufbuild/protobuf";
import { StowageError } from "@stowage/errors";
import { type Damage, isResource } from "@stowage/images";
import { type Damage as DamageMessage, DamageSchema } from "./gen/stowage/v1/store_pb.ts";

/** What was found wrong, as `stowage.v1` carries it. */
export function encodeDamage({ resource, why }: Damage): DamageMessage {
  return create(DamageSchema, { resource, why });
}

/** Fails with `invalid-argument` for what is no resource. */
export function decodeDamage(message: DamageMessage | undefined): Damage {
  const { resource = "", why = "" } = message ?? {};
  if (isResource(resource)) return { resource, why };
  throw new StowageError("invalid-argument", `Cannot read damage: "${resource}" is no resource`);
}
