import { closeSync } from "node:fs";
import { isErrno, StowageError } from "@stowage/errors";
import { call } from "./libc.ts";
import { mountFlags } from "./mount-options.ts";
import { terminated } from "./path-bytes.ts";

/**
 * Mounts an overlay through fsopen(2), one `lowerdir+` a layer, so that their names need not fit one page together.
 * Fails with `failed-precondition` where the kernel has no such calls or no such option.
 */
export function mountOverlay(
  { source, target }: { readonly source: string; readonly target: string },
  { flags, data }: { readonly flags: number; readonly data: readonly string[] },
): void {
  const context = known(target, () => call("fsopen", [terminated("overlay"), closeOnExec]));
  try {
    setOption(context, "source", source);
    known(target, () => {
      for (const option of data) setEach(context, option);
    });
    call("fsconfig", [context, command.create, null, null, 0], target);
    attach(call("fsmount", [context, closeOnExec, attributesOf(flags)], target), target);
  } finally {
    closeSync(context);
  }
}

/** The layers of a `lowerdir` value, top first; `\:` is a colon within a name, and what follows `::` holds only data. */
export function splitLowerDirs(
  value: string,
): readonly { readonly option: "lowerdir+" | "datadir+"; readonly path: string }[] {
  const paths = value.match(/(?:^|:)(?:\\.|[^\\:])*/gs) ?? [];
  let option: "lowerdir+" | "datadir+" = "lowerdir+";
  return paths.flatMap((found, index) => {
    const path = (index === 0 ? found : found.slice(1)).replace(/\\(.)/gs, "$1");
    if (path !== "") return [{ option, path }];
    option = "datadir+";
    return [];
  });
}

function setEach(context: number, option: string): void {
  const [key = "", ...rest] = option.split("=");
  const value = rest.join("=");
  if (key === "lowerdir") {
    for (const { option: append, path } of splitLowerDirs(value)) setOption(context, append, path);
  } else if (rest.length > 0) {
    setOption(context, key, value);
  } else {
    call("fsconfig", [context, command.setFlag, terminated(key), null, 0], key);
  }
}

function setOption(context: number, key: string, value: string): void {
  call("fsconfig", [context, command.setString, terminated(key), terminated(value), 0], value);
}

function attach(mountFd: number, target: string): void {
  try {
    call("move_mount", [mountFd, terminated(""), workingDirectory, terminated(target), emptySource], target);
  } finally {
    closeSync(mountFd);
  }
}

/** Runs what an older kernel answers with ENOSYS (no such call) or EINVAL (no such option). */
function known<Result>(target: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (!isErrno(cause, "ENOSYS", "EINVAL")) throw cause;
    const why = "this kernel cannot take more layers than fit one page (Linux 6.8 can)";
    throw new StowageError("failed-precondition", `Cannot mount overlay on "${target}": ${why}`, { cause });
  }
}

/** MS_… as MOUNT_ATTR_… (linux/mount.h): the first four are the same bits. */
function attributesOf(flags: number): number {
  const same = flags & (mountFlags.readOnly | mountFlags.noSuid | mountFlags.noDev | mountFlags.noExec);
  const others = [
    [mountFlags.noAtime, 0x10],
    [mountFlags.strictAtime, 0x20],
    [mountFlags.noDirAtime, 0x80],
    [mountFlags.noSymFollow, 0x200000],
  ] as const;
  return others.reduce((attributes, [flag, attribute]) => attributes | ((flags & flag) === 0 ? 0 : attribute), same);
}

/** fsconfig(2) */
const command = { setFlag: 0, setString: 1, create: 6 } as const;

/** FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC, AT_FDCWD, MOVE_MOUNT_F_EMPTY_PATH */
const closeOnExec = 1;
const workingDirectory = -100;
const emptySource = 4;
