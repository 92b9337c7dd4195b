import type { ContainerIndex, ContainerRecord } from "@stowage/container-state";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { changeContainer, deleteContainer, putContainer } from "./statements.ts";
import type { Statement } from "./write-request.ts";

/** By id; one whose record cannot be read is `undefined`. */
export type ContainerRows = Map<string, ContainerRecord | undefined>;

/** The containers in the database: asked about in memory, and written through `write`, after which they are durable. */
export class SqliteContainerIndex implements ContainerIndex {
  readonly #rows: ContainerRows;
  readonly #write: (statements: readonly Statement[]) => Promise<void>;
  /** Ids and names that are being written. */
  readonly #reserved = new Set<string>();

  constructor(rows: ContainerRows, write: (statements: readonly Statement[]) => Promise<void>) {
    this.#rows = rows;
    this.#write = write;
  }

  async list({ signal }: AbortOptions = {}): Promise<readonly ContainerRecord[]> {
    signal?.throwIfAborted();
    return this.#list();
  }

  async find(idOrName: string, { signal }: AbortOptions = {}): Promise<ContainerRecord | undefined> {
    signal?.throwIfAborted();
    return this.#rows.get(idOrName) ?? this.#list().find(({ names }) => names.includes(idOrName));
  }

  async add(record: ContainerRecord, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const wanted = [record.id, ...record.names];
    this.#requireFree(record.id, wanted);
    for (const name of wanted) this.#reserved.add(name);
    try {
      await this.#write([putContainer(record)]);
      this.#rows.set(record.id, record);
    } finally {
      for (const name of wanted) this.#reserved.delete(name);
    }
  }

  async setMetadata(id: string, metadata: string, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const record = this.#rows.get(id);
    if (record === undefined)
      throw new StowageError("not-found", `Cannot change the metadata of container "${id}": it is not here`);
    const changed = { ...record, metadata };
    await this.#write([changeContainer(changed)]);
    if (this.#rows.has(id)) this.#rows.set(id, changed);
  }

  async remove(id: string, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#write([deleteContainer(id)]);
    this.#rows.delete(id);
  }

  async listUnreadable({ signal }: AbortOptions = {}): Promise<readonly string[]> {
    signal?.throwIfAborted();
    return [...this.#rows].filter(([, record]) => record === undefined).map(([id]) => id);
  }

  #list(): readonly ContainerRecord[] {
    return [...this.#rows.values()].filter((record) => record !== undefined);
  }

  #requireFree(id: string, wanted: readonly string[]): void {
    const taken = new Set([...this.#reserved, ...this.#rows.keys(), ...this.#list().flatMap(({ names }) => names)]);
    const [first] = wanted.filter((name) => taken.has(name));
    if (first === undefined) return;
    const why = first === id ? "its id is in use already" : `its name "${first}" is in use already`;
    throw new StowageError("already-exists", `Cannot create container "${id}": ${why}`);
  }
}
