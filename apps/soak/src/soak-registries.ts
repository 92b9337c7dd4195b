import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { soakImages } from "./soak-images.ts";

/** Two registries with the same images: one for everybody, one for those who know its password. */
export interface SoakRegistries extends AsyncDisposable {
  readonly all: readonly FakeRegistry[];
  /** Names of every image, by tag and by digest. */
  readonly open: readonly string[];
  readonly guarded: readonly string[];
}

export const password = "the right one";

export async function startSoakRegistries(seed: string): Promise<SoakRegistries> {
  await using starting = new AsyncDisposableStack();
  const open = starting.use(await startRegistry());
  const authentication = { kind: "basic", users: { user: password } } as const;
  const guarded = starting.use(await startRegistry({ authentication }));
  const names = { open: fill(open, seed), guarded: fill(guarded, seed) };
  const running = starting.move();
  return { all: [open, guarded], ...names, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function fill(registry: FakeRegistry, seed: string): readonly string[] {
  return soakImages(seed).flatMap((image, at) => {
    const { digest } = registry.putImage(`app-${at}`, "v1", image);
    return [`${registry.host}/app-${at}:v1`, `${registry.host}/app-${at}@${digest}`];
  });
}
