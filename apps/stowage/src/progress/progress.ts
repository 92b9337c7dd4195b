import type { Terminal } from "../terminal.ts";
import { progressLines, statusLine, summaryLine } from "./progress-lines.ts";
import { Work } from "./work.ts";
import type { WorkItem, WorkWords } from "./work-item.ts";

/** Shows pieces of work that go on side by side. */
export interface Progress {
  /** Begins a piece of work. Disposing of it takes it from the screen; `end` leaves a line of it. */
  start(words: WorkWords): WorkInProgress;
}

export interface WorkInProgress extends Disposable {
  /** Tells how far an item is; the first time, that there is one. */
  report(item: WorkItem): void;
  /** Says what goes on beside the items. */
  say(note: string): void;
  /** It is done, and was worth it. */
  end(): void;
}

/** Bars that are drawn anew in place, or, where that cannot be, a line every ten seconds. Disposing of it clears the screen. */
export function openProgress(terminal: Terminal, { quiet }: { readonly quiet: boolean }): Progress & Disposable {
  const works = new Set<Work>();
  const draw = (): void => (terminal.isLive ? show(terminal, works) : tell(terminal, works));
  const timer = quiet ? undefined : setInterval(draw, terminal.isLive ? frameMilliseconds : lineMilliseconds).unref();
  return {
    start(words) {
      const work = new Work(words, terminal.now());
      works.add(work);
      return {
        report: (item) => work.report(item, terminal.now()),
        say: (note) => work.say(note),
        end: () => {
          if (!works.delete(work) || quiet) return;
          if (terminal.isLive) show(terminal, works);
          terminal.tell(summaryLine(work.view(terminal.now())));
        },
        [Symbol.dispose]: () => void works.delete(work),
      };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (terminal.isLive) terminal.show([]);
    },
  };
}

/** Fifteen times a second at the most. */
const frameMilliseconds = 70;
const lineMilliseconds = 10_000;

function show(terminal: Terminal, works: ReadonlySet<Work>): void {
  const { columns = 80, rows = 24 } = terminal.stderr;
  terminal.show(progressLines(viewsOf(terminal, works), { columns, rows }));
}

function tell(terminal: Terminal, works: ReadonlySet<Work>): void {
  for (const view of viewsOf(terminal, works)) terminal.tell(statusLine(view));
}

function viewsOf(terminal: Terminal, works: ReadonlySet<Work>) {
  return [...works].map((work) => work.view(terminal.now()));
}
