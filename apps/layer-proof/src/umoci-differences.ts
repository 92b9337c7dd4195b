import type { TarFile } from "@stowage/tar";
import type { RandomImage } from "./random-image.ts";

/** An image of which umoci makes something else, in the lines that differ. `now` is the time of unpacking. */
export interface UmociDifference {
  readonly name: string;
  readonly reason: string;
  readonly image: RandomImage;
  readonly ours: readonly string[];
  /** `refused` where umoci gives up. */
  readonly theirs: readonly string[];
}

const mtime = 1_600_000_000_000_000_000n;
const root: TarFile = { kind: "directory", name: "./", mode: 0o755, mtime };
const directory = (name: string, more: Partial<TarFile> = {}): TarFile => ({ ...root, name, ...more });
const file = (name: string): TarFile => ({ kind: "file", name, mode: 0o644, mtime });
const symlink = (name: string, linkName: string): TarFile => ({ kind: "symlink", name, linkName, mtime });
const hardlink = (name: string, linkName: string): TarFile => ({ ...file(name), kind: "hardlink", linkName });

const rootLine = `. : directory 755 0:0 ${mtime}`;

/** Every way in which umoci 0.4.7 is known to part from what the model says, each in its smallest image. */
export const umociDifferences: readonly UmociDifference[] = [
  {
    name: "a directory that no entry describes",
    reason: "it has one time here, and the time of unpacking there, which it also gives the directory that it is in",
    image: [[root, file("a/f")]],
    ours: [rootLine, "a : directory 755 0:0 0"],
    theirs: [". : directory 755 0:0 now", "a : directory 755 0:0 now"],
  },
  {
    name: "such a directory below one with setgid",
    reason: "root's own here; there it inherits the group and the bit, if the parent was described first",
    image: [[root, directory("d", { mode: 0o2755, gid: 100 }), file("d/i/f")]],
    ours: [`d : directory 2755 0:100 ${mtime}`, "d/i : directory 755 0:0 0"],
    theirs: ["d : directory 2755 0:100 now", "d/i : directory 2755 0:100 now"],
  },
  {
    name: "a path below a symlink of a lower layer",
    reason:
      "a layer is unpacked without its parents: the link gives way to a directory, as in containerd; umoci follows it",
    image: [
      [root, directory("a"), symlink("l", "a")],
      [root, file("l/f")],
    ],
    ours: ["l : directory 755 0:0 0", `l/f : file 644 0:0 ${mtime}`],
    theirs: [`a/f : file 644 0:0 ${mtime}`, `l : symlink 777 0:0 ${mtime} -> a`],
  },
  {
    name: "a path below a file of a lower layer",
    reason: "the file gives way like any other that a directory replaces; umoci cannot make the directory",
    image: [
      [root, file("f")],
      [root, file("f/x")],
    ],
    ours: [rootLine, "f : directory 755 0:0 0", `f/x : file 644 0:0 ${mtime}`],
    theirs: ["refused"],
  },
  {
    name: "a further name for a file of a lower layer that has two",
    reason:
      "the file is copied up under the name that was linked to; overlayfs leaves its other names below as they were",
    image: [
      [root, file("f"), hardlink("g", "f")],
      [root, hardlink("h", "f")],
    ],
    ours: [`g : file 644 0:0 ${mtime}`],
    theirs: [`g : file 644 0:0 ${mtime} = f`],
  },
  {
    name: "a file and then a directory of one name, in one layer",
    reason:
      "of two entries with one name only the later counts, and a directory merges; for umoci the file removed all below",
    image: [
      [root, directory("d"), file("d/low")],
      [root, file("d"), directory("d")],
    ],
    ours: [`d/low : file 644 0:0 ${mtime}`],
    theirs: [],
  },
  {
    name: "an xattr of overlayfs for users",
    reason: "a mount with userxattr would obey it, so it is left out",
    image: [[root, directory("d", { xattrs: new Map([["user.overlay.opaque", Buffer.from("y")]]) })]],
    ours: [`d : directory 755 0:0 ${mtime}`],
    theirs: [`d : directory 755 0:0 ${mtime} user.overlay.opaque=79`],
  },
  {
    name: "a hard link before its file",
    reason: "links wait for the last entry here",
    image: [[root, hardlink("h", "f"), file("f")]],
    ours: [rootLine, `f : file 644 0:0 ${mtime}`, `h : file 644 0:0 ${mtime} = f`],
    theirs: ["refused"],
  },
  {
    name: "a hard link that describes its file otherwise",
    reason: "of two descriptions the later counts; umoci takes no notice of that of a link",
    image: [[root, file("f"), { ...hardlink("h", "f"), mode: 0o600, uid: 5 }]],
    ours: [`f : file 600 5:0 ${mtime}`, `h : file 600 5:0 ${mtime} = f`],
    theirs: [`f : file 644 0:0 ${mtime}`, `h : file 644 0:0 ${mtime} = f`],
  },
];
