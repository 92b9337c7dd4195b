import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Which of the programs are not here, each with the Debian package that has it. */
export async function missingPrograms(programs: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(programs.map(hasProgram));
  return programs
    .filter((_, index) => found[index] === false)
    .map((program) => `"${program}" (Debian's package ${packages.get(program) ?? program})`);
}

export async function hasProgram(program: string): Promise<boolean> {
  const directories = `${process.env["PATH"]}:/usr/sbin:/sbin`.split(":");
  const tries = directories.map((directory) => access(join(directory, program), constants.X_OK));
  return await Promise.any(tries).then(
    () => true,
    () => false,
  );
}

/** Where the package is not called as the program is. */
const packages: ReadonlyMap<string, string> = new Map([
  ["ctr", "containerd"],
  ["igzip", "isal"],
  ["mkfs.ext4", "e2fsprogs"],
  ["unpigz", "pigz"],
]);
