import { call } from "./libc.ts";
import { mountFlags } from "./mount-options.ts";
import { workingDirectory } from "./open.ts";
import { terminated } from "./path-bytes.ts";

/** MS_… as MOUNT_ATTR_… (linux/mount.h): the first four are the same bits. */
export function attributesOf(flags: number): number {
  const same = flags & (mountFlags.readOnly | mountFlags.noSuid | mountFlags.noDev | mountFlags.noExec);
  const others = [
    [mountFlags.noAtime, 0x10],
    [mountFlags.strictAtime, 0x20],
    [mountFlags.noDirAtime, 0x80],
    [mountFlags.noSymFollow, 0x200000],
  ] as const;
  return others.reduce((attributes, [flag, attribute]) => attributes | ((flags & flag) === 0 ? 0 : attribute), same);
}

/** Puts a mount that is attached nowhere on `target`. */
export function attachMount(mountFd: number, target: string): void {
  call("move_mount", [mountFd, terminated(""), workingDirectory, terminated(target), emptySource], target);
}

/** MOVE_MOUNT_F_EMPTY_PATH */
const emptySource = 4;
