import { containerd, type Durability, type ImageDaemon, startDaemon, stowage } from "@stowage/bench-lap";
import type { Contender, Costs, ListTimes, Place } from "./contender.ts";
import { timeListsDuring } from "./list-times.ts";
import { processorTimeOf, readPeakMebibytes } from "./processor-time.ts";
import { runTimed } from "./timed-command.ts";

/** The daemon as it is built, asked over CRI. */
export function stowageContender(name: string, durability: Durability): Contender {
  return {
    name,
    needs: [],
    async prepare(place) {
      const command = await stowage(place.directory, place.host, durability);
      const daemon = place.stack.use(await startDaemon(command));
      return () => pullOverCri(daemon, command.address, place);
    },
  };
}

async function pullOverCri(daemon: ImageDaemon, address: string, { image, signal }: Place): Promise<Costs> {
  let seconds = 0;
  const pull = async (): Promise<void> => {
    const began = performance.now();
    await daemon.pull(image.reference, { signal });
    seconds = (performance.now() - began) / 1000;
  };
  const { result: lists, time: processor } = await processorTimeOf(
    daemon.pid,
    (): Promise<ListTimes> => timeListsDuring(address, pull),
  );
  return { seconds, processor, peakMebibytes: await readPeakMebibytes(daemon.pid), lists };
}

/** A daemon of its own and its command, which fetches, and has the daemon unpack. */
export const containerdContender: Contender = {
  name: "containerd",
  needs: ["containerd", "ctr", "unpigz"],
  async prepare(place) {
    const { directory, host, image } = place;
    const command = await containerd(directory, host);
    const daemon = place.stack.use(await startDaemon(command));
    const pull = ["ctr", "--address", command.address, "images", "pull", "--plain-http", image.reference];
    return async () => {
      const { result: client, time } = await processorTimeOf(daemon.pid, () => runTimed(pull, place));
      const { user, system } = client.processor;
      return {
        seconds: client.seconds,
        processor: { user: user + time.user, system: system + time.system },
        peakMebibytes: Math.max(client.peakMebibytes, await readPeakMebibytes(daemon.pid)),
      };
    };
  },
};
