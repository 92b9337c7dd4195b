import { closeSync, realpathSync } from "node:fs";
import { relative } from "node:path/posix";
import { isErrno, StowageError } from "@stowage/errors";
import { call } from "./libc.ts";
import { openInTree, openMappedTree } from "./mapped-tree.ts";
import { attachMount, attributesOf } from "./mount-attributes.ts";
import { parseMountOptions } from "./mount-options.ts";
import { mountHolding } from "./mount-table.ts";
import { openAt, openFlags, workingDirectory } from "./open.ts";
import { terminated } from "./path-bytes.ts";
import type { UserNamespace } from "./user-namespace.ts";

export interface OverlayRequest {
  readonly source: string;
  readonly target: string;
  /** MS_… joined with `|`. */
  readonly flags: number;
  readonly data: readonly string[];
  /** By which the ids of the lower layers are mapped. */
  readonly userNamespace?: UserNamespace | undefined;
}

/**
 * Mounts an overlay through fsopen(2), one `lowerdir+` a layer, so that their names need not fit one page together.
 * Fails with `failed-precondition` where the kernel has no such calls or no such option.
 */
export function mountOverlay({ source, target, flags, data, userNamespace }: OverlayRequest): void {
  using context = openOverlay(data, { source, userNamespace });
  const mountFd = createMount(context, flags);
  try {
    attachMount(mountFd, target);
  } finally {
    closeSync(mountFd);
  }
}

/** An overlay that is mounted nowhere. */
export interface DetachedOverlay extends Disposable {
  /** Its root, as long as it is open. */
  readonly path: string;
}

/** Makes an overlay that only this process sees. Fails with EINVAL where the file systems of its directories are not fit for it. */
export function openDetachedOverlay(options: readonly string[]): DetachedOverlay {
  const { flags, data } = parseMountOptions(options);
  using context = openOverlay(data, { source: "overlay", userNamespace: undefined });
  const mountFd = createMount(context, flags);
  return { path: `/proc/self/fd/${mountFd}`, [Symbol.dispose]: () => closeSync(mountFd) };
}

/** An overlay that is being put together. */
interface OverlayContext extends Disposable {
  readonly fd: number;
}

/** Tells the kernel of the layers and options of an overlay. */
function openOverlay(
  data: readonly string[],
  { source, userNamespace }: Pick<OverlayRequest, "source" | "userNamespace">,
): OverlayContext {
  using opening = new DisposableStack();
  const fd = known("Linux 5.2", () => call("fsopen", [terminated("overlay"), closeOnExec]));
  opening.defer(() => closeSync(fd));
  setText(fd, "source", source);
  for (const option of data) setEach({ context: fd, userNamespace, opening }, option);
  const open = opening.move();
  return { fd, [Symbol.dispose]: () => open.dispose() };
}

/** Makes the overlay, which is where the kernel says what is wrong with it, and a mount of it that is attached nowhere. */
function createMount({ fd }: OverlayContext, flags: number): number {
  call("fsconfig", [fd, command.create, null, null, 0]);
  return call("fsmount", [fd, closeOnExec, attributesOf(flags)]);
}

/** The layers of a `lowerdir` value, top first; `\:` is a colon within a name, and what follows `::` holds only data. */
export function splitLowerDirs(
  value: string,
): readonly { readonly option: "lowerdir+" | "datadir+"; readonly path: string }[] {
  const paths = value.match(/(?:^|:)(?:\\.|[^\\:])*/gs) ?? [];
  let option: "lowerdir+" | "datadir+" = "lowerdir+";
  return paths.flatMap((found, index) => {
    const path = unescape(index === 0 ? found : found.slice(1));
    if (path !== "") return [{ option, path }];
    option = "datadir+";
    return [];
  });
}

interface Setting {
  readonly context: number;
  readonly userNamespace: UserNamespace | undefined;
  /** What has to be open until the overlay is made. */
  readonly opening: DisposableStack;
}

function setEach(setting: Setting, option: string): void {
  const { context, userNamespace } = setting;
  const [key = "", ...rest] = option.split("=");
  const value = rest.join("=");
  if (rest.length === 0) {
    call("fsconfig", [context, command.setFlag, terminated(key), null, 0], key);
  } else if (key === "lowerdir") {
    const layers = splitLowerDirs(value);
    if (userNamespace === undefined) for (const layer of layers) setLayer(context, layer.option, layer.path);
    else setMappedLayers(setting, layers, userNamespace);
  } else if (key === "upperdir" || key === "workdir") {
    setLayer(context, key, unescape(value));
  } else {
    setText(context, key, unquote(value));
  }
}

/** Only mount(2) takes an option with commas in quotes, as labels are given. */
function unquote(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1) : value;
}

/** By its name where that fits, which every kernel takes that takes layers one by one; else opened. */
function setLayer(context: number, key: string, path: string): void {
  const isUnescaped = key === "upperdir" || key === "workdir"; // the kernel takes these for escaped
  const text = isUnescaped ? path.replaceAll("\\", "\\\\") : path;
  if (Buffer.byteLength(text) <= maxText) known("Linux 6.8", () => setText(context, key, text));
  else setOpened(context, key, openAt(workingDirectory, path, { flags: openFlags.readOnly | openFlags.directory }));
}

/**
 * All layers out of one copy of the mount that they are on, so that the mount table says by their paths from its root which
 * layers they are.
 */
function setMappedLayers(
  { context, opening }: Setting,
  layers: ReturnType<typeof splitLowerDirs>,
  userNamespace: UserNamespace,
): void {
  const paths = layers.map(({ path }) => realpathSync(path));
  const top = mountHolding(paths[0] ?? "/")?.target ?? "/";
  const tree = opening.use(openMappedTree(top, { userNamespace }));
  for (const [at, { option }] of layers.entries()) {
    setOpened(context, option, openInTree(tree, relative(top, paths[at] ?? top)));
  }
}

function setText(context: number, key: string, value: string): void {
  call("fsconfig", [context, command.setString, terminated(key), terminated(value), 0], value);
}

/** Uses up the descriptor. */
function setOpened(context: number, key: string, fd: number): void {
  try {
    known("Linux 6.13", () => call("fsconfig", [context, command.setFd, terminated(key), null, fd]));
  } finally {
    closeSync(fd);
  }
}

function unescape(value: string): string {
  return value.replace(/\\(.)/gs, "$1");
}

/** Runs what an older kernel than `version` answers with ENOSYS (no such call) or EINVAL (no such option). */
function known<Result>(version: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (!isErrno(cause, "ENOSYS", "EINVAL")) throw cause;
    const why = `this kernel does not take its layers one by one (${version} does)`;
    throw new StowageError("failed-precondition", `Cannot mount overlay: ${why}`, { cause });
  }
}

/** fsconfig(2) */
const command = { setFlag: 0, setString: 1, setFd: 5, create: 6 } as const;

/** What fsconfig(2) takes for a text. */
const maxText = 255;

/** FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC */
const closeOnExec = 1;
