import { startRegistry } from "@stowage/registry-fake";
import type { CaseContext } from "./case.ts";
import { makeCaseImage } from "./case-image.ts";
import { CriClient } from "./cri-client.ts";
import { isCallFailure } from "./expectation.ts";
import { startRelay } from "./relay.ts";

/** Disposing it removes every image that was pulled through it. */
export async function openContext(endpoint: string): Promise<CaseContext & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const pulled = new Set<string>();
  const onPull = (image: string) => void pulled.add(image);
  const registry = opening.use(await startRegistry());
  const client = opening.use(new CriClient(endpoint, onPull));
  opening.defer(async () => {
    using remover = new CriClient(endpoint);
    for (const image of pulled) await removeIfNamed(remover, image);
  });
  const held = opening.move();
  return {
    client,
    registry,
    connect: () => held.use(new CriClient(endpoint, onPull)),
    async connectThrough() {
      const relay = held.use(await startRelay(endpoint));
      return { client: held.use(new CriClient(relay.endpoint, onPull)), cut: () => relay.cut() };
    },
    startRegistry: async (options) => held.use(await startRegistry(options)),
    makeImage: makeCaseImage,
    offer(repository = "app", recipe = {}) {
      const image = makeCaseImage(recipe);
      registry.putImage(repository, "v1", image);
      return { name: `${registry.host}/${repository}:v1`, repository: `${registry.host}/${repository}`, image };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Some cases pull what is no name; removing that is refused, and nothing is left of it. */
async function removeIfNamed(client: CriClient, image: string): Promise<void> {
  try {
    await client.remove(image);
  } catch (error) {
    if (!isCallFailure(error)) throw error;
  }
}
