import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

/** A system call of one thread of a process that changes files. */
export interface TracedCall {
  /** The name of the thread. */
  readonly thread: string;
  readonly name: string;
  /** Which of the calls of that name and thread it is, from 1, as strace counts. */
  readonly occurrence: number;
  /** As strace writes it, from the name on. */
  readonly line: string;
}

/** Those by which a store changes its files. `write` is not among them: it also goes to sockets. */
const changes = `
  pwrite64 pwritev pwritev2 copy_file_range fdatasync fsync syncfs sync_file_range
  rename renameat renameat2 mkdir mkdirat mknod mknodat unlink unlinkat rmdir symlink symlinkat link linkat
  truncate ftruncate fallocate utimensat chmod fchmod fchmodat chown lchown fchown fchownat
  setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
`
  .trim()
  .split(/\s+/);
const opens = ["openat", "openat2"];
const plainWrites = ["write", "writev"];

/** Does `work`; returns what all threads of the process did to files meanwhile, plain writes to files included. */
export async function traceFileCalls(pid: number, work: () => Promise<unknown>): Promise<readonly TracedCall[]> {
  const traced = [...changes, ...opens, ...plainWrites].join();
  await using strace = await attach(["-f", "-p", String(pid), "-y", "-s", "64", "-e", `trace=${traced}`]);
  await work();
  const threads = new Map(await threadsOf(pid));
  return parseCalls(await strace.detach(), threads);
}

/** Whether the call that strace wrote this line of can change anything: of opens, those that make or empty a file can. */
export function isChange(line: string): boolean {
  return !line.startsWith("open") || /O_CREAT|O_TRUNC/.test(line);
}

/** A call of a thread of a process that fails, and with which error. */
export interface Fault extends Pick<TracedCall, "thread" | "name" | "occurrence"> {
  readonly pid: number;
  readonly errno: string;
}

/** Does `work` while one call fails. Returns the line of that call; `undefined` where it was not made. */
export async function withFault(
  { pid, thread, name, occurrence, errno }: Fault,
  work: () => Promise<unknown>,
): Promise<string | undefined> {
  const [tid] = (await threadsOf(pid)).find((each) => each[1] === thread) ?? [];
  if (tid === undefined) throw new Error(`Cannot let a call of "${thread}" fail: there is no such thread`);
  const inject = `inject=${name}:error=${errno}:when=${occurrence}`;
  await using strace = await attach(["-p", tid, "-y", "-e", `trace=${name}`, "-e", inject]);
  await work();
  return (await strace.detach()).split("\n").find((line) => line.endsWith("(INJECTED)"));
}

/** The threads of a process, by the name that each has. */
async function threadsOf(pid: number): Promise<readonly (readonly [tid: string, name: string])[]> {
  const tids = await readdir(`/proc/${pid}/task`);
  const nameOf = async (tid: string) => (await readFile(`/proc/${pid}/task/${tid}/comm`, "utf8")).trim();
  return await Promise.all(tids.map(async (tid) => [tid, await nameOf(tid)] as const));
}

interface Attached extends AsyncDisposable {
  /** Lets go of the process, and returns the log. */
  detach(): Promise<string>;
}

async function attach(args: readonly string[]): Promise<Attached> {
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const log = text(strace.stderr);
  const closed = once(strace, "close");
  await Promise.race([once(strace.stderr, "data"), closed]);
  const detach = async (): Promise<string> => {
    strace.kill("SIGINT");
    await closed;
    return await log;
  };
  return { detach, [Symbol.asyncDispose]: async () => void (await detach()) };
}

function parseCalls(log: string, threads: ReadonlyMap<string, string>): readonly TracedCall[] {
  const counts = new Map<string, number>();
  return log.split("\n").flatMap((logged) => {
    const [, tid = "", line = "", name = ""] = /^\[pid +(\d+)\] ((\w+)\(.*)$/.exec(logged) ?? [];
    if (name === "" || isToNoFile(name, line)) return [];
    const occurrence = (counts.get(`${tid} ${name}`) ?? 0) + 1;
    counts.set(`${tid} ${name}`, occurrence);
    return [{ thread: threads.get(tid) ?? tid, name, occurrence, line }];
  });
}

/** Only files have paths that begin so; `anon_inode:`, `socket:` and `pipe:` do not. */
function isToNoFile(name: string, line: string): boolean {
  return plainWrites.includes(name) && !/^\w+\(\d+<\//.test(line);
}
