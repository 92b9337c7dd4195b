/** Does `work`; what fails in it says in which of many attempts that was. */
export async function attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`After ${what}: ${cause instanceof Error ? cause.message : "it failed"}`, { cause });
  }
}
