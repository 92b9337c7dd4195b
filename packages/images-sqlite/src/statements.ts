import type { ContainerRecord } from "@stowage/container-state";
import { type Damage, type ImageKey, type ImageRecord, imageKeyOf, type Lease, type Resource } from "@stowage/images";
import { encodeContainer } from "./container-row.ts";
import { encodeRecord } from "./image-record.ts";
import type { Statement } from "./write-request.ts";

export function putImage(record: ImageRecord, publishedAt: number): Statement {
  const sql =
    "INSERT INTO images (id, record, published_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record";
  return { sql, values: [imageKeyOf(record), encodeRecord(record), publishedAt] };
}

/** Changes the record of an image that is there; one that went meanwhile does not come back. */
export function changeImage(record: ImageRecord): Statement {
  return { sql: "UPDATE images SET record = ? WHERE id = ?", values: [encodeRecord(record), imageKeyOf(record)] };
}

export function putName(nameKey: string, key: ImageKey): Statement {
  const sql =
    "INSERT INTO names (name, image_id) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id";
  return { sql, values: [nameKey, key] };
}

/** Notes the last name that an image has lost. */
export function notePreviousName(key: ImageKey, name: string): Statement {
  return { sql: "UPDATE images SET previous_name = ? WHERE id = ?", values: [name, key] };
}

export function deleteName(nameKey: string): Statement {
  return { sql: "DELETE FROM names WHERE name = ?", values: [nameKey] };
}

export function putPin(name: string): Statement {
  return { sql: "INSERT OR IGNORE INTO pins (name) VALUES (?)", values: [name] };
}

export function deletePin(name: string): Statement {
  return { sql: "DELETE FROM pins WHERE name = ?", values: [name] };
}

export function deleteImage(key: ImageKey): Statement {
  return { sql: "DELETE FROM images WHERE id = ?", values: [key] };
}

export function putLease(lease: Lease): Statement {
  return {
    sql: "INSERT OR REPLACE INTO leases (holder, lease) VALUES (?, ?)",
    values: [lease.holder, JSON.stringify(lease)],
  };
}

export function deleteLease(holder: string): Statement {
  return { sql: "DELETE FROM leases WHERE holder = ?", values: [holder] };
}

export function putDamage({ resource, why }: Damage): Statement {
  return { sql: "INSERT OR REPLACE INTO damage (resource, why) VALUES (?, ?)", values: [resource, why] };
}

export function deleteDamage(resource: Resource): Statement {
  return { sql: "DELETE FROM damage WHERE resource = ?", values: [resource] };
}

export function putContainer(record: ContainerRecord): Statement {
  return {
    sql: "INSERT INTO containers (id, record) VALUES (?, ?)",
    values: [record.id, encodeContainer(record)],
  };
}

/** Changes the record of a container that is there; one that went meanwhile does not come back. */
export function changeContainer(record: ContainerRecord): Statement {
  return { sql: "UPDATE containers SET record = ? WHERE id = ?", values: [encodeContainer(record), record.id] };
}

export function deleteContainer(id: string): Statement {
  return { sql: "DELETE FROM containers WHERE id = ?", values: [id] };
}

/** Notes in which boot the store was written to last, and was not closed since. */
export function putOpenMark(boot: string): Statement {
  return { sql: `INSERT OR REPLACE INTO marks (mark, value) VALUES ('${openMark}', ?)`, values: [boot] };
}

export function deleteOpenMark(): Statement {
  return { sql: `DELETE FROM marks WHERE mark = '${openMark}'`, values: [] };
}

export const openMark = "open-in-boot";
