/** Tells a person what was asked, what came back, and how long that took. */
export interface Teller {
  /** Does one step and prints how long it took, with what came of it on the lines below. */
  step<Result>(
    asked: string,
    work: () => Promise<Result>,
    answer?: (result: Result) => readonly string[],
  ): Promise<Result>;
}

export function createTeller(print: (text: string) => void): Teller {
  return {
    step: async (asked, work, answer = () => []) => {
      const started = performance.now();
      const result = await work();
      const milliseconds = performance.now() - started;
      print(`${asked.padEnd(64)} ${milliseconds.toFixed(1).padStart(9)} ms`);
      for (const line of answer(result)) print(`    ${line}`);
      return result;
    },
  };
}
