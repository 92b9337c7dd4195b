import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPrivileged, mount, unmount } from "@stowage/linux";
import { expect, onTestFinished, test } from "vitest";
import { mergeTrees } from "./merge-trees.ts";

const privileged = test.skipIf(!isPrivileged());

/** Two trees made by shell scripts, and what they come to. */
async function merged(lower: string, upper: string): Promise<Scratch> {
  const scratch = openScratch();
  run(scratch.lower, lower);
  run(scratch.upper, upper);
  await mergeTrees(scratch);
  return scratch;
}

interface Scratch {
  readonly lower: string;
  readonly upper: string;
  readonly target: string;
}

function openScratch(): Scratch {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-merge-"));
  onTestFinished(() => directory.remove());
  const [lower = "", upper = "", target = ""] = ["lower", "upper", "target"].map((name) => join(directory.path, name));
  for (const path of [lower, upper, target]) mkdirSync(path);
  return { lower, upper, target };
}

function run(directory: string, script: string): string {
  return execFileSync("sh", ["-ec", script], { cwd: directory, encoding: "utf8" });
}

/** What a tree has: kind, mode, owner, time, path and target of each, and what is in it. */
const describe = `find . -printf '%y %m %U:%G %T@ %p %l\\n' | sort;
  find . -type f -exec sha256sum {} + | sort; getfattr -Rhd -m '^user' . 2>/dev/null | sort`;

privileged("comes to what overlayfs shows, with all that files have (needs root)", async () => {
  const scratch = await merged(
    `mkdir -p keep gone replaced opaque/deep shared/inner; echo a > keep/a; echo x > gone/x; echo x > replaced/x
     echo x > opaque/x; echo x > opaque/deep/x; echo 1 > shared/one; echo 2 > shared/two; echo 3 > shared/inner/three
     ln shared/one shared/alias; ln shared/one keep/alias; ln -s nowhere shared/link; mkfifo shared/fifo
     mknod shared/null c 1 3; chown 5:6 shared/one; chmod 4755 shared/one; echo x > file-becomes-directory
     mkdir directory-becomes-file; touch -d @1000000 keep shared/inner; chmod 1750 keep; chmod 700 shared`,
    `mkdir -p opaque/deep shared/inner file-becomes-directory new/deep; mknod gone c 0 0; mknod shared/two c 0 0
     setfattr -n trusted.overlay.opaque -v y opaque; setfattr -n trusted.overlay.opaque -v y file-becomes-directory
     echo y > opaque/y; echo y > opaque/deep/y; echo one > shared/one; echo y > file-becomes-directory/y
     echo file > directory-becomes-file; echo f > new/deep/f; ln new/deep/f new/alias; echo r > replaced_
     mknod replaced c 0 0; setfattr -n user.note -v hi new; chown 7:8 shared shared/inner; touch -d @2000000 new .`,
  );
  const shown = openScratch().target;
  const options = ["ro", `lowerdir=${scratch.upper}:${scratch.lower}`];
  mount({ type: "overlay", source: "overlay", target: shown, options });
  onTestFinished(() => unmount(shown));
  expect(run(scratch.target, describe)).toBe(run(shown, describe));
  run(scratch.upper, "rm -rf ./*"); // as the trash does with what a layer was made from
  expect(run(scratch.target, "stat -c %h new/alias shared/one shared/alias keep/alias").split("\n")).toEqual([
    "2",
    "1",
    "2",
    "2",
    "",
  ]);
});

privileged("keeps holes, and copies no block that it need not (needs root)", async () => {
  const scratch = await merged(
    "truncate -s 64M sparse; printf data | dd of=sparse bs=1 seek=1048576 conv=notrunc status=none",
    "",
  );
  expect(run(scratch.target, "stat -c %s sparse; cmp sparse ../lower/sparse")).toBe("67108864\n");
  expect(Number(run(scratch.target, "stat -c %b sparse"))).toBeLessThan(1024);
});

test("stops with the reason of the signal", async () => {
  const scratch = openScratch();
  run(scratch.lower, "for name in $(seq 300); do mkdir $name; echo $name > $name/file; done");
  const controller = new AbortController();
  const reason = new Error("enough");
  setImmediate(() => controller.abort(reason));
  await expect(mergeTrees(scratch, { signal: controller.signal })).rejects.toBe(reason);
});

test("takes names that are no UTF-8", async () => {
  const scratch = await merged(
    "mkdir $(printf '\\377'); echo x > $(printf '\\377/\\376')",
    "echo y > $(printf '\\375')",
  );
  expect(run(scratch.target, "LC_ALL=C find . -type f | od -An -c | tr -d ' \\n'")).toContain("/376");
});
