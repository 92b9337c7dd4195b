/** One successful system call of a log. `began` and `ended` are line numbers: between them the call took effect. */
export interface SystemCall {
  readonly thread: number;
  readonly name: string;
  /** As strace printed them; `parseValues` reads them. */
  readonly text: string;
  readonly result: number;
  readonly began: number;
  readonly ended: number;
}

const threadPrefix = /^\d+ +/;
const resumption = /^<\.\.\. (?<name>\w+) resumed>/;
const unfinished = " <unfinished ...>";
/** A descriptor is followed by its path, and a word by what it means. */
const success = /^(?<result>\d+|0x[0-9a-f]+)(?:$|[<\s])/;

interface Begun {
  readonly thread: number;
  readonly began: number;
  readonly head: string;
}

/**
 * Reads what `strace -f -o` wrote, which is latin1 text; calls come in the order in which they ended. A call that another
 * thread interrupted stands on two lines, which are put together. Calls that failed or never ended are left out.
 */
export function parseStraceLog(log: string): readonly SystemCall[] {
  const inFlight = new Map<number, Begun>();
  return log.split("\n").flatMap((text, index) => {
    const prefix = threadPrefix.exec(text);
    if (prefix === null) return [];
    const call = readLine({ thread: Number(prefix[0]), began: index, head: text.slice(prefix[0].length) }, inFlight);
    return call === undefined ? [] : [call];
  });
}

function readLine(read: Begun, inFlight: Map<number, Begun>): SystemCall | undefined {
  const { thread, head } = read;
  if (head.endsWith(unfinished)) {
    inFlight.set(thread, { ...read, head: head.slice(0, -unfinished.length) });
    return undefined;
  }
  const resumed = resumption.exec(head);
  if (resumed === null) return readCall(read, read.began);
  const begun = inFlight.get(thread);
  inFlight.delete(thread);
  if (begun === undefined) return undefined;
  return readCall({ ...begun, head: begun.head + head.slice(resumed[0].length) }, read.began);
}

/** `name(arguments) = result`; strings are in hex, so that the last ` = ` is the one before the result. */
function readCall({ thread, began, head }: Begun, ended: number): SystemCall | undefined {
  const open = head.indexOf("(");
  const equals = head.lastIndexOf(" = ");
  const result = success.exec(head.slice(equals + 3))?.groups?.["result"];
  if (open === -1 || equals === -1 || result === undefined) return undefined;
  const text = head
    .slice(open + 1, equals)
    .trimEnd()
    .slice(0, -1);
  return { thread, name: head.slice(0, open), text, result: Number(result), began, ended };
}
