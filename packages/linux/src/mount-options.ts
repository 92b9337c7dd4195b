/** What mount(2) takes apart: the flags that every file system knows, and the data for the one that is mounted. */
export interface MountArguments {
  /** MS_… joined with `|`. */
  readonly flags: number;
  /** MS_… of propagation (`rshared`, …), which take a call of their own; 0 where none is asked for. */
  readonly propagation: number;
  readonly data: readonly string[];
}

/** Sorts options such as `ro`, `nodev` and `lowerdir=/a:/b`, spelled as mount(8) does; the last of opposites wins. */
export function parseMountOptions(options: readonly string[]): MountArguments {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const option of options) {
    const set = setting.get(option);
    const clear = clearing.get(option);
    const spread = propagations.get(option);
    if (set !== undefined) flags |= set;
    else if (clear !== undefined) flags &= ~clear;
    else if (spread !== undefined) propagation |= spread;
    else data.push(option);
  }
  return { flags, propagation, data };
}

/** sys/mount.h */
export const mountFlags = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  synchronous: 16,
  remount: 32,
  dirSync: 128,
  noSymFollow: 256,
  noAtime: 1024,
  noDirAtime: 2048,
  bind: 4096,
  recursive: 16384,
  relAtime: 0x200000,
  strictAtime: 0x1000000,
  lazyTime: 0x2000000,
} as const;

const setting: ReadonlyMap<string, number> = new Map([
  ["defaults", 0],
  ["ro", mountFlags.readOnly],
  ["nosuid", mountFlags.noSuid],
  ["nodev", mountFlags.noDev],
  ["noexec", mountFlags.noExec],
  ["sync", mountFlags.synchronous],
  ["remount", mountFlags.remount],
  ["dirsync", mountFlags.dirSync],
  ["nosymfollow", mountFlags.noSymFollow],
  ["noatime", mountFlags.noAtime],
  ["nodiratime", mountFlags.noDirAtime],
  ["bind", mountFlags.bind],
  ["rbind", mountFlags.bind | mountFlags.recursive],
  ["relatime", mountFlags.relAtime],
  ["strictatime", mountFlags.strictAtime],
  ["lazytime", mountFlags.lazyTime],
]);

const clearing: ReadonlyMap<string, number> = new Map([
  ["rw", mountFlags.readOnly],
  ["suid", mountFlags.noSuid],
  ["dev", mountFlags.noDev],
  ["exec", mountFlags.noExec],
  ["async", mountFlags.synchronous],
  ["atime", mountFlags.noAtime],
  ["diratime", mountFlags.noDirAtime],
  ["norelatime", mountFlags.relAtime],
  ["nostrictatime", mountFlags.strictAtime],
]);

const propagations: ReadonlyMap<string, number> = new Map([
  ["unbindable", 1 << 17],
  ["runbindable", (1 << 17) | mountFlags.recursive],
  ["private", 1 << 18],
  ["rprivate", (1 << 18) | mountFlags.recursive],
  ["slave", 1 << 19],
  ["rslave", (1 << 19) | mountFlags.recursive],
  ["shared", 1 << 20],
  ["rshared", (1 << 20) | mountFlags.recursive],
]);
