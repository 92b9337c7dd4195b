import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { cgroupHierarchies } from "./join-cgroup.ts";
import { parseMountInfo, readMounts } from "./mount-table.ts";

const run = promisify(execFile);
const hierarchies = cgroupHierarchies(readMounts());

test.for([
  {
    what: "cgroup v2",
    text: "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate",
    found: ["/sys/fs/cgroup"],
  },
  {
    what: "cgroup v1 beside v2, and a second mount of a hierarchy",
    text: [
      "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
      "33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
      "34 30 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset",
      "35 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "36 30 0:31 / /elsewhere/memory rw - cgroup cgroup rw,memory",
    ].join("\n"),
    found: ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory"],
  },
  { what: "no cgroups", text: "22 1 0:20 / /proc rw - proc proc rw", found: [] },
])("finds the hierarchies of $what that limit what is taken", ({ text, found }) => {
  expect(cgroupHierarchies(parseMountInfo(text))).toEqual(found);
});

test.skipIf(!mayMakeCgroups())("moves a process into a cgroup, which is made (needs cgroups to write to)", async () => {
  const path = `/stowage-test-${randomUUID()}`;
  onTestFinished(() => hierarchies.forEach((hierarchy) => rmdirSync(join(hierarchy, path))));
  const script = `
    import { readFileSync } from "node:fs";
    import { joinCgroup } from ${JSON.stringify(new URL("join-cgroup.ts", import.meta.url).href)};
    joinCgroup(${JSON.stringify(path)});
    process.stdout.write(readFileSync("/proc/self/cgroup", "utf8"));
  `;
  const options = ["--conditions=@stowage/source", "--input-type=module", "--eval", script];
  const { stdout } = await run(process.execPath, options, { cwd: import.meta.dirname });
  expect(stdout.split("\n").filter((line) => line.endsWith(`:${path}`))).toHaveLength(hierarchies.length);
});

test.skipIf(!existsSync("/sys/fs/cgroup"))("says where it cannot", async () => {
  const script = `
    import { joinCgroup } from ${JSON.stringify(new URL("join-cgroup.ts", import.meta.url).href)};
    joinCgroup("/cgroup.procs/below");
  `;
  const options = ["--conditions=@stowage/source", "--input-type=module", "--eval", script];
  await expect(run(process.execPath, options, { cwd: import.meta.dirname })).rejects.toMatchObject({
    stderr: expect.stringContaining('Cannot join cgroup "/cgroup.procs/below"'),
  });
});

function mayMakeCgroups(): boolean {
  try {
    for (const hierarchy of hierarchies) accessSync(hierarchy, constants.W_OK);
    return hierarchies.length > 0;
  } catch {
    return false;
  }
}
