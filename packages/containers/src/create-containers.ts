import {
  type ContainerRecord,
  isContainerId,
  parseContainerMetadata,
  requireContainerId,
} from "@stowage/container-state";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { KeyedTurns, UnderWay } from "@stowage/shared-work";
import { step } from "@stowage/steps";
import { pauseImage, requireImage } from "./container-image.ts";
import { findWritable, holderOf, keyOf, takeAway } from "./container-parts.ts";
import type {
  Container,
  ContainerRequest,
  ContainerState,
  Containers,
  ContainersDependencies,
  ContainersSettings,
  CreatedContainer,
  CreateRequest,
  PodSandboxRequest,
  RecoverOptions,
} from "./containers.ts";
import { type ContainerPlan, createContainer } from "./create-container.ts";
import { type Recovery, recover } from "./recover.ts";
import { startContainer } from "./start-container.ts";

/** Disposing the service stops what is under way, and waits until it has left the disk. What is mounted stays so. */
export function createContainers(
  dependencies: ContainersDependencies,
  settings: ContainersSettings,
): Containers & AsyncDisposable {
  return new StoredContainers({ ...dependencies, ...settings });
}

class StoredContainers implements Containers, AsyncDisposable {
  readonly #dependencies: ContainersDependencies & ContainersSettings;
  readonly #underWay = new UnderWay();
  /** By ids: what is done with one container is done one after the other. */
  readonly #turns = new KeyedTurns();

  constructor(dependencies: ContainersDependencies & ContainersSettings) {
    this.#dependencies = dependencies;
  }

  createPodSandbox(request: PodSandboxRequest, options: AbortOptions = {}): Promise<CreatedContainer> {
    return this.#underWay.run(options.signal, async (signal) => {
      const { podId: id, pauseImage: imageName } = request;
      const action = `create pod sandbox "${id}"`;
      requireNames(request, action);
      if (!isContainerId(id)) throw invalid(action, "invalid sandbox ID");
      const image = await pauseImage(this.#dependencies, request, { signal });
      return await this.#create({ id, image, imageName, request }, signal);
    });
  }

  create(request: ContainerRequest, options: AbortOptions = {}): Promise<CreatedContainer> {
    return this.#underWay.run(options.signal, async (signal) => {
      const { id, imageName } = request;
      const action = `create container "${id}"`;
      requireNames(request, action);
      requireContainerId(id, action);
      const image = await requireImage(this.#dependencies, request, { signal });
      return await this.#create({ id, image, imageName, request }, signal);
    });
  }

  start(idOrName: string, options: AbortOptions = {}): Promise<string> {
    return this.#inTurn(idOrName, { ...options, verb: "start" }, (record, signal) =>
      startContainer(this.#dependencies, record, { signal }),
    );
  }

  stop(idOrName: string, options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, async (signal) => {
      requireNamed(idOrName, "stop");
      const { index, mounter, places } = this.#dependencies;
      const record = await index.find(idOrName, { signal });
      if (record === undefined) return;
      await this.#turns.run([record.id], () => mounter.unmount(places.rootfs(record.id), { signal }));
    });
  }

  delete(idOrName: string, options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, async (signal) => {
      requireNamed(idOrName, "delete");
      const id = (await this.#dependencies.index.find(idOrName, { signal }))?.id ?? idOrName;
      if (isContainerId(id)) await this.#turns.run([id], () => this.#delete(id, { signal }));
    });
  }

  metadata(idOrName: string, options: AbortOptions = {}): Promise<string> {
    return this.#inTurn(idOrName, { ...options, verb: "read the metadata of" }, async ({ metadata }) => metadata);
  }

  setMetadata(idOrName: string, metadata: string, options: AbortOptions = {}): Promise<void> {
    return this.#inTurn(idOrName, { ...options, verb: "change the metadata of" }, async ({ id }, signal) => {
      parseContainerMetadata(metadata);
      await this.#dependencies.index.setMetadata(id, metadata, { signal });
    });
  }

  workDirectory(idOrName: string, options: AbortOptions = {}): Promise<string> {
    return this.#inTurn(idOrName, { ...options, verb: "make the work directory of" }, ({ id }, signal) =>
      this.#dependencies.places.workDirectory(id, { signal }),
    );
  }

  runDirectory(idOrName: string, options: AbortOptions = {}): Promise<string> {
    return this.#inTurn(idOrName, { ...options, verb: "make the run directory of" }, ({ id }, signal) =>
      this.#dependencies.places.runDirectory(id, { signal }),
    );
  }

  async find(idOrName: string, options: AbortOptions = {}): Promise<Container | undefined> {
    const record = await this.#dependencies.index.find(idOrName, options);
    return record === undefined ? undefined : { ...record, state: await this.#stateOf(record, options) };
  }

  async list(options: AbortOptions = {}): Promise<readonly Container[]> {
    const records = await this.#dependencies.index.list(options);
    return await Promise.all(
      records.map(async (record) => ({ ...record, state: await this.#stateOf(record, options) })),
    );
  }

  recover(options: RecoverOptions): Promise<Recovery> {
    return this.#underWay.run(options.signal, (signal) => recover(this.#dependencies, { ...options, signal }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#underWay[Symbol.asyncDispose]();
  }

  #create(plan: ContainerPlan, signal: AbortSignal): Promise<CreatedContainer> {
    return this.#turns.run([plan.id], () => createContainer(this.#dependencies, plan, { signal }));
  }

  /** The record goes first: after that there is no such container, and what is left of it is taken away sooner or later. */
  async #delete(id: string, { signal }: AbortOptions): Promise<void> {
    const { index, leases, mounter, places } = this.#dependencies;
    const isKnown = (await index.find(id))?.id === id || (await index.listUnreadable()).includes(id);
    const isLeft = (await leases.listLeases()).some(({ holder }) => holder === holderOf(id));
    if (!isKnown && !isLeft) return;
    await mounter.unmount(places.rootfs(id), { signal });
    if (isKnown) await index.remove(id);
    step("container-forgotten");
    await takeAway(this.#dependencies, id);
  }

  async #stateOf(record: ContainerRecord, options: AbortOptions): Promise<ContainerState> {
    const { id, volatile, boot, snapshotter } = record;
    const { places, mounter } = this.#dependencies;
    if (await mounter.isMounted(places.rootfs(id), options)) return "mounted";
    if (volatile && boot !== this.#dependencies.boot) return "lost";
    const snapshot = await findWritable(this.#dependencies, snapshotter)?.find(keyOf(id), options);
    return snapshot === undefined ? "lost" : "created";
  }

  /** Does something with a container that is there, when what was to be done with it before is done. `verb` is for the error. */
  #inTurn<Result>(
    idOrName: string,
    { signal: outer, verb }: AbortOptions & { readonly verb: string },
    work: (record: ContainerRecord, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return this.#underWay.run(outer, async (signal) => {
      requireNamed(idOrName, verb);
      const { id } = await this.#require(idOrName, verb);
      return await this.#turns.run([id], async () => {
        signal.throwIfAborted();
        return await work(await this.#require(id, verb), signal);
      });
    });
  }

  async #require(idOrName: string, verb: string): Promise<ContainerRecord> {
    const record = await this.#dependencies.index.find(idOrName);
    if (record !== undefined) return record;
    throw new StowageError("not-found", `Cannot ${verb} container "${idOrName}": invalid container ID`);
  }
}

function requireNamed(idOrName: string, verb: string): void {
  if (idOrName === "") throw invalid(`${verb} container ""`, "invalid container ID");
}

function requireNames({ podName, podId, containerName }: CreateRequest, action: string): void {
  if (podName === "" || podId === "") throw invalid(action, "invalid pod name");
  if (containerName === "") throw invalid(action, "invalid container name");
}

function invalid(action: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot ${action}: ${why}`);
}
