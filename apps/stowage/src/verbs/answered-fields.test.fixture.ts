import { type Fields, isFieldPath } from "../output/fields.ts";

/** The fields of an answer that nobody has documented. */
export function undocumentedIn(answer: unknown, fields: Fields): readonly string[] {
  return pathsIn(answer).filter((path) => !isFieldPath(path, fields));
}

/** The paths of all fields, in lists those of each item. */
function pathsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap(pathsIn))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inside]) => [name, ...pathsIn(inside).map((path) => `${name}.${path}`)]);
}
