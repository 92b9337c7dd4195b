import type { AttributeChange } from "./file-call.ts";
import type { Found } from "./path-walker.ts";
import { type Effects, type Handler, modeOf, type TracedCall } from "./traced-call.ts";

/** The calls that change modes, owners and extended attributes. Times are read and not kept. */
export const attributeHandlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["chmod", (call) => change(call.place(0, true), { mode: modeOf(call.values[1]) })],
  ["fchmod", (call) => change(call.opened(0), { mode: modeOf(call.values[1]) })],
  ["fchmodat", (call) => change(call.place(1, true), { mode: modeOf(call.values[2]) })],
  ["fchmodat2", (call) => change(call.place(1, !call.has("AT_SYMLINK_NOFOLLOW")), { mode: modeOf(call.values[2]) })],
  ["chown", (call) => change(call.place(0, true), owner(call, 1))],
  ["lchown", (call) => change(call.place(0, false), owner(call, 1))],
  ["fchown", (call) => change(call.opened(0), owner(call, 1))],
  ["fchownat", (call) => change(call.place(1, !call.has("AT_SYMLINK_NOFOLLOW")), owner(call, 2))],
  ["utime", (call) => change(call.place(0, true), {})],
  ["utimes", (call) => change(call.place(0, true), {})],
  ["futimesat", (call) => change(call.place(1, true), {})],
  ["utimensat", (call) => change(call.place(1, !call.has("AT_SYMLINK_NOFOLLOW")), {})],
  ["setxattr", (call) => change(call.place(0, true), xattr(call))],
  ["lsetxattr", (call) => change(call.place(0, false), xattr(call))],
  ["fsetxattr", (call) => change(call.opened(0), xattr(call))],
  ["removexattr", (call) => change(call.place(0, true), withoutXattr(call))],
  ["lremovexattr", (call) => change(call.place(0, false), withoutXattr(call))],
  ["fremovexattr", (call) => change(call.opened(0), withoutXattr(call))],
]);

function change(found: Found, changed: AttributeChange): Effects {
  if (found.kind === "outside") return [];
  if (found.kind === "missing" || found.place.inode === undefined) return undefined;
  return [{ kind: "attributes", inode: found.place.inode, path: found.place.path, change: changed }];
}

/** -1 leaves one as it is. */
function owner(call: TracedCall, index: number): AttributeChange {
  const [uid, gid] = [call.number(index), call.number(index + 1)];
  return { owner: { ...(uid >= 0 ? { uid } : {}), ...(gid >= 0 ? { gid } : {}) } };
}

function xattr(call: TracedCall): AttributeChange {
  return { xattr: { name: call.text(1), value: call.bytes(2) } };
}

function withoutXattr(call: TracedCall): AttributeChange {
  return { xattr: { name: call.text(1), value: undefined } };
}
