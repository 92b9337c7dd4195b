import { type CallOptions, type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { ImageService } from "@stowage/cri-api";
import { openSocketTransport } from "@stowage/store-client";
import type { Random } from "./random.ts";
import { password, type SoakRegistries } from "./soak-registries.ts";
import type { Tally } from "./tally.ts";

export interface SoakWork {
  readonly address: string;
  readonly registries: SoakRegistries;
  readonly random: Random;
  readonly tally: Tally;
}

/** What a pull may end with under the faults that are ordered. `Internal` is a bug, whatever the registry does. */
const pullCodes: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.FailedPrecondition,
  Code.NotFound,
  Code.Unauthenticated,
  Code.Unknown,
]);

/** Calls that only look, or only remove names, are answered sooner whatever else goes on. */
const answerMilliseconds = 20_000;

/** Does at random what kubelets and people do, until the signal is aborted. */
export async function soakClient(work: SoakWork, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    using socket = openSocketTransport(work.address);
    const images = createClient(ImageService, socket.transport);
    for (let calls = work.random.between(5, 60); calls > 0 && !signal.aborted; calls -= 1) await call(images, work);
  }
}

async function call(images: Client<typeof ImageService>, { registries, random, tally }: SoakWork): Promise<void> {
  const draw = random.number();
  const names = [...registries.open, ...registries.guarded];
  if (draw < 0.4) await pull(images, { registries, random, tally });
  else if (draw < 0.65)
    await looked(tally, "remove", images.removeImage({ image: { image: random.choose(names) } }, soon));
  else if (draw < 0.8)
    await looked(tally, "status", images.imageStatus({ image: { image: random.choose(names) } }, soon));
  else if (draw < 0.88) await looked(tally, "list", images.listImages({}, soon));
  else if (draw < 0.95) await looked(tally, "stream", Array.fromAsync(images.streamImages({}, soon)));
  else await looked(tally, "fs info", images.imageFsInfo({}, soon));
}

const soon: CallOptions = { timeoutMs: answerMilliseconds };

async function looked(tally: Tally, method: string, answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
    tally.count(method, "OK");
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    tally.count(method, Code[code]);
    tally.blame(`${method} ended with ${Code[code]}: ${rawMessage}`);
  }
}

type Pull = Omit<SoakWork, "address">;

async function pull(images: Client<typeof ImageService>, { registries, random, tally }: Pull): Promise<void> {
  const { request, isRefused } = drawPull(registries, random);
  const leaving = new AbortController();
  const timer = random.number() < 0.2 ? setTimeout(() => leaving.abort(), random.between(1, 400)) : undefined;
  const timeoutMs = random.number() < 0.3 ? random.between(1, 1500) : random.between(1500, 15_000);
  try {
    await images.pullImage(request, { timeoutMs, signal: leaving.signal });
    tally.count("pull", "OK");
    if (isRefused) tally.blame("a pull with a wrong password was let in");
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    tally.count("pull", Code[code]);
    const isForeseen = code === Code.Unknown ? rawMessage.startsWith("RegistryUnavailable: ") : pullCodes.has(code);
    if (!isForeseen) tally.blame(`pull ended with ${Code[code]}: ${rawMessage}`);
  } finally {
    clearTimeout(timer);
  }
}

function drawPull({ open, guarded }: SoakRegistries, random: Random) {
  const draw = random.number();
  if (draw < 0.6) return { request: { image: { image: random.choose(open) } }, isRefused: false };
  const isRefused = draw < 0.7;
  const auth = { username: "user", password: isRefused ? "a wrong one" : password };
  return { request: { image: { image: random.choose(guarded) }, auth }, isRefused };
}
