import { containerd, type Durability, startDaemon, stowage } from "@stowage/bench-lap";
import type { Contender, Costs } from "./contender.ts";
import { processorTimeOf, readPeakMebibytes } from "./processor-time.ts";
import { runTimed } from "./timed-command.ts";

/** The daemon as it is built, asked over CRI. */
export function stowageContender(name: string, durability: Durability): Contender {
  return {
    name,
    needs: [],
    async prepare({ directory, host, image, stack, signal }) {
      const command = await stowage(directory, host, durability);
      const daemon = stack.use(await startDaemon(command));
      const pull = async (): Promise<number> => {
        const began = performance.now();
        await daemon.pull(image.reference, { signal });
        return (performance.now() - began) / 1000;
      };
      return {
        listAddress: command.address,
        async pull() {
          const { result: seconds, time: processor } = await processorTimeOf(daemon.pid, pull);
          return { seconds, processor, peakMebibytes: await readPeakMebibytes(daemon.pid) };
        },
      };
    },
  };
}

/** A daemon of its own and its command, which fetches, and has the daemon unpack. */
export const containerdContender: Contender = {
  name: "containerd",
  needs: ["containerd", "ctr", "unpigz"],
  async prepare(place) {
    const { directory, host, image } = place;
    const command = await containerd(directory, host);
    const daemon = place.stack.use(await startDaemon(command));
    const client = ["ctr", "--address", command.address, "images", "pull", "--plain-http", image.reference];
    const pull = async (): Promise<Costs> => {
      const { result: asked, time } = await processorTimeOf(daemon.pid, () => runTimed(client, place));
      const { user, system } = asked.processor;
      return {
        seconds: asked.seconds,
        processor: { user: user + time.user, system: system + time.system },
        peakMebibytes: Math.max(asked.peakMebibytes, await readPeakMebibytes(daemon.pid)),
      };
    };
    return { pull };
  },
};
