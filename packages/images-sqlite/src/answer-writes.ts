import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MessagePort } from "node:worker_threads";
import { StowageError } from "@stowage/errors";
import { openDatabase } from "./database.ts";
import { asDatabaseError, isDiskFull } from "./database-error.ts";
import { DiskReserve, orWithoutReserve, reservePath } from "./disk-reserve.ts";
import type { FromWriter, Statement, ToWriter, WriterJob } from "./write-request.ts";

type WriteRequest = Extract<ToWriter, { readonly kind: "write" }>;

/**
 * The thread's side of the writer: requests that come while a transaction is being written share the next one, and so its
 * flush. Each is carried out whole or not at all, and answered after it is durable.
 */
export function answerWrites(port: MessagePort, job: WriterJob): void {
  let writer: BatchWriter | undefined;
  let waiting: WriteRequest[] = [];
  const write = (batch: readonly WriteRequest[]): readonly FromWriter[] => {
    try {
      writer ??= openWriter(job);
      return writer.write(batch);
    } catch (error) {
      return batch.map(({ id }) => failure(id, error)); // the next request tries again
    }
  };
  const writeWaiting = (): void => {
    const batch = waiting;
    waiting = [];
    for (const answer of write(batch)) port.postMessage(answer);
  };
  port.on("message", (message: ToWriter) => {
    if (message.kind === "close") {
      if (waiting.length > 0) writeWaiting();
      writer?.close();
      port.close();
    } else if (waiting.push(message) === 1) setImmediate(writeWaiting);
  });
}

function openWriter({ path, isDurable }: WriterJob): BatchWriter {
  const reserve = reservePath(path);
  const database = orWithoutReserve(reserve, () => openDatabase(path, { isDurable }));
  return new BatchWriter(database, new DiskReserve(reserve));
}

class BatchWriter {
  readonly #database: DatabaseSync;
  readonly #reserve: DiskReserve;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, reserve: DiskReserve) {
    this.#database = database;
    this.#reserve = reserve;
    reserve.fill();
  }

  /** Writes all requests in one transaction. On a full disk the reserve is given up for it: removals must be possible. */
  write(batch: readonly WriteRequest[]): readonly FromWriter[] {
    if (batch.length === 0) return [];
    try {
      const answers = this.#reserve.orGiveUp(() => this.#transact(batch), isDiskFull);
      this.#reserve.fill();
      return answers;
    } catch (error) {
      return batch.map(({ id }) => failure(id, error));
    }
  }

  close(): void {
    this.#database.close();
  }

  #transact(batch: readonly WriteRequest[]): readonly FromWriter[] {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const answers = batch.map((request) => this.#carryOut(request));
      this.#database.exec("COMMIT");
      return answers;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #carryOut({ id, statements }: WriteRequest): FromWriter {
    this.#database.exec("SAVEPOINT request");
    try {
      for (const statement of statements) this.#run(statement);
      this.#database.exec("RELEASE request");
      return { kind: "written", id };
    } catch (error) {
      if (!this.#database.isTransaction || isDiskFull(error)) throw error;
      this.#database.exec("ROLLBACK TO request; RELEASE request");
      return failure(id, error);
    }
  }

  #run({ sql, values }: Statement): void {
    const prepared = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, prepared);
    prepared.run(...values);
  }
}

function failure(id: number, thrown: unknown): FromWriter {
  const error = asDatabaseError(thrown, "write the image index");
  return {
    kind: "failed",
    id,
    code: error instanceof StowageError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
}
