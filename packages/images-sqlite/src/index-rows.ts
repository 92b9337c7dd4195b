import type { DatabaseSync } from "node:sqlite";
import { type ImageKey, type ImageRecord, isImageKey, isResource, type Lease, type Resource } from "@stowage/images";
import { decodeContainer } from "./container-row.ts";
import { decodeRecord, fieldsOf } from "./image-record.ts";
import type { ContainerRows } from "./sqlite-container-index.ts";
import { openMark } from "./statements.ts";

/** What the database holds of one image. */
export interface ImageRow {
  /** Missing where it cannot be read. */
  readonly record: ImageRecord | undefined;
  readonly publishedAt: number;
  /** By their keys. */
  readonly names: ReadonlySet<string>;
  /** The last one that it has lost. */
  readonly previousName?: string | undefined;
}

/** Everything in the database. */
export interface IndexRows {
  /** In the order of publication. */
  readonly images: Map<ImageKey, ImageRow>;
  readonly leases: Map<string, Lease>;
  readonly damage: Map<Resource, string>;
  /** Names and ids. */
  readonly pins: Set<string>;
  /** In the order in which they were added. */
  readonly containers: ContainerRows;
  /** The boot in which the store was written to and not closed since. */
  readonly openBoot: string | undefined;
}

/** Reads it all. A row that is damaged hides no other. */
export function readRows(database: DatabaseSync): IndexRows {
  const names = readNames(database);
  const images = new Map<ImageKey, ImageRow>();
  for (const row of database
    .prepare("SELECT id, record, published_at, previous_name FROM images ORDER BY sequence")
    .all()) {
    const key = String(row["id"]);
    if (!isImageKey(key)) continue;
    const record = decodeRecord(String(row["record"]));
    const previousName = row["previous_name"] === null ? undefined : String(row["previous_name"]);
    const publishedAt = Number(row["published_at"]);
    images.set(key, { record, publishedAt, names: names.get(key) ?? new Set(), previousName });
  }
  const mark = database.prepare("SELECT value FROM marks WHERE mark = ?").get(openMark)?.["value"];
  return {
    images,
    leases: readLeases(database),
    damage: readDamage(database),
    pins: new Set(
      database
        .prepare("SELECT name FROM pins")
        .all()
        .map(({ name }) => String(name)),
    ),
    containers: readContainers(database),
    openBoot: mark === undefined ? undefined : String(mark),
  };
}

function readNames(database: DatabaseSync): ReadonlyMap<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { name, image_id } of database.prepare("SELECT name, image_id FROM names").all()) {
    const known = names.get(String(image_id));
    if (known === undefined) names.set(String(image_id), new Set([String(name)]));
    else known.add(String(name));
  }
  return names;
}

function readLeases(database: DatabaseSync): Map<string, Lease> {
  const rows = database.prepare("SELECT lease FROM leases ORDER BY holder").all();
  const leases = rows.map(({ lease }) => decodeLease(String(lease))).filter((lease) => lease !== undefined);
  return new Map(leases.map((lease) => [lease.holder, lease]));
}

function readContainers(database: DatabaseSync): ContainerRows {
  const rows = database.prepare("SELECT id, record FROM containers ORDER BY sequence").all();
  return new Map(rows.map(({ id, record }) => [String(id), containerIn(String(id), String(record))]));
}

/** Whose id is another one is damaged, too. */
function containerIn(id: string, text: string): ReturnType<typeof decodeContainer> {
  const record = decodeContainer(text);
  return record?.id === id ? record : undefined;
}

function readDamage(database: DatabaseSync): Map<Resource, string> {
  const damage = new Map<Resource, string>();
  for (const { resource, why } of database.prepare("SELECT resource, why FROM damage").all()) {
    const known = String(resource);
    if (isResource(known)) damage.set(known, String(why));
  }
  return damage;
}

function decodeLease(text: string): Lease | undefined {
  try {
    const { holder, resources, boot, endsAt } = fieldsOf(JSON.parse(text));
    if (typeof holder !== "string" || !Array.isArray(resources)) return undefined;
    if (boot !== undefined && typeof boot !== "string") return undefined;
    if (endsAt !== undefined && typeof endsAt !== "number") return undefined;
    const times = { ...(boot === undefined ? {} : { boot }), ...(endsAt === undefined ? {} : { endsAt }) };
    return { holder, resources: resources.map(String).filter(isResource), ...times };
  } catch {
    return undefined;
  }
}
