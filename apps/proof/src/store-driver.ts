import { subscribe } from "node:diagnostics_channel";
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { layerIdOf } from "@stowage/containers-storage";
import { openStore, type Store } from "@stowage/core";
import { diffIdsOf } from "@stowage/images";
import { parseReference } from "@stowage/reference";
import { isStep, type Step, stepChannel } from "@stowage/steps";
import { type DriverPlan, type Operation, runRootOf, type StepOccurrence } from "./driver-plan.ts";

const plan: DriverPlan = JSON.parse(process.argv[2] ?? "");
const counts = countSteps(plan.killAt);
process.stdout.write("opening\n");
await drive(plan);
process.stdout.write(JSON.stringify([...counts]));

/** Does what the plan says, and writes down before and after each operation what it means to do and has done. */
async function drive({ root, registry, settings, operations, endless = false }: DriverPlan): Promise<void> {
  const runRoot = runRootOf(root);
  await using store = await openStore({ ...settings, root, runRoot, registry: { plainHttp: [registry] } });
  do {
    for (const operation of operations) await carryOut(store, operation);
  } while (endless);
}

async function carryOut(store: Store, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case "pull":
      return await pull(store, operation);
    case "remove":
      return await remove(store, operation.name);
    case "collect":
      await store.images.collect();
      return mark("collected");
    case "check":
      return await check(store);
    case "damage":
      return await damage(store, operation.name);
    case "create":
      return await create(store, operation);
    case "discard":
      return await discard(store, operation.key);
    case "contain":
      return await contain(store, operation);
    case "drop":
      return await drop(store, operation.id);
  }
}

async function pull({ images }: Store, { name, fails = false }: { name: string; fails?: boolean }): Promise<void> {
  mark("pulling", name);
  try {
    const { id } = await images.pull(parseReference(`${plan.registry}/${name}`));
    mark("pulled", name, id);
  } catch (error) {
    if (!fails) throw error;
    mark("failed", name);
  }
}

/** All names of an image go with one of them. */
async function remove({ images }: Store, name: string): Promise<void> {
  const found = await images.find(`${plan.registry}/${name}`);
  const names = found?.tags.map(shortName) ?? [];
  for (const each of names) mark("removing", each);
  await images.remove(`${plan.registry}/${name}`);
  for (const each of names) mark("removed", each);
}

async function create({ images, writable }: Store, { key, name }: { key: string; name: string }): Promise<void> {
  const image = await images.find(`${plan.registry}/${name}`);
  if (image === undefined) throw new Error(`Cannot create ${key}: ${name} is not here`);
  mark("creating", key);
  await writable.create(key, diffIdsOf(image));
  mark("created", key);
}

async function discard({ writable }: Store, key: string): Promise<void> {
  mark("discarding", key);
  await writable.remove(key);
  mark("discarded", key);
}

/** One that a power cut leaves its files. */
async function contain({ containers, images }: Store, { id, name }: { id: string; name: string }): Promise<void> {
  const image = await images.find(`${plan.registry}/${name}`);
  if (image === undefined) throw new Error(`Cannot create container ${id}: ${name} is not here`);
  const names = { podName: "pod", podId: "pod", containerName: `of ${id}` };
  mark("creating", id);
  await containers.create({ ...names, id, imageName: name, imageId: image.id, volatile: false });
  mark("created", id);
}

async function drop({ containers }: Store, id: string): Promise<void> {
  mark("discarding", id);
  await containers.delete(id);
  mark("discarded", id);
}

async function check({ images }: Store): Promise<void> {
  await images.check({ level: "digests" });
  const damaged = (await images.list({ damagedToo: true })).filter((image) => image.damage.length > 0);
  for (const name of damaged.flatMap(({ tags }) => tags.map(shortName))) mark("damaged", name);
}

async function damage({ images, root }: Store, name: string): Promise<void> {
  const image = await images.find(`${plan.registry}/${name}`);
  if (image === undefined) throw new Error(`Cannot damage ${name}: it is not here`);
  for (const each of image.tags.map(shortName)) mark("damaged", each); // the check finds it before it can say so
  const lowest = layerIdOf(diffIdsOf(image).slice(0, 1));
  rmSync(join(root, "storage", "overlay", lowest, "stowage.json"));
}

function shortName(tag: string): string {
  return tag.slice(plan.registry.length + 1);
}

/** One write, so that a line is there or not. */
function mark(...words: readonly string[]): void {
  appendFileSync(plan.marks, `${words.join(" ")}\n`);
}

/** Counts steps as they are made, and kills the process at one. */
function countSteps(killAt: StepOccurrence | undefined): ReadonlyMap<Step, number> {
  const counted = new Map<Step, number>();
  subscribe(stepChannel, (message) => {
    const step = stepOf(message);
    const count = (counted.get(step) ?? 0) + 1;
    counted.set(step, count);
    if (step === killAt?.step && count === killAt.occurrence) process.kill(process.pid, "SIGKILL");
  });
  return counted;
}

function stepOf(message: unknown): Step {
  const told = typeof message === "object" && message !== null && "step" in message ? String(message.step) : "";
  if (!isStep(told)) throw new Error(`Cannot count step "${told}": it has no such name`);
  return told;
}
