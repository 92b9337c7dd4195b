import { exitCodes } from "../output/exit-codes.ts";

/** What holds for every verb and stands in the pages once: terms and what they mean, under a heading. */
export interface Chapter {
  readonly heading: string;
  readonly text: string;
  readonly terms: readonly (readonly [term: string, means: string])[];
}

export const templates: Chapter = {
  heading: "Templates",
  text: "What --format takes is text with fields in it; each item of the answer gives a line. Lists are joined by a comma and a space.",
  terms: [
    [
      "{{.field}}",
      "a field, by the names that the verb documents; {{.a.b}} goes further in, in a list into each of it",
    ],
    ["{{json .field}}", "the same as JSON; {{json .}} is the whole item"],
    ["\\t, \\n, \\\\", "a tab, the end of a line, a backslash"],
    ["table …", "columns, where the template has tabs, under the names of the fields"],
    ["json", "each item as JSON, a line each"],
  ],
};

export const exits: Chapter = {
  heading: "Exit codes",
  text: "Where several things are asked for and some of them fail, the others are done; the exit code is that of the first failure.",
  terms: exitCodes.map(({ code, means }) => [String(code), means]),
};

export const environment: Chapter = {
  heading: "Environment",
  text: "Nothing else in the environment changes what the command does, but for the proxies of a pull.",
  terms: [
    ["NO_COLOR", "where it is set, nothing is coloured"],
    ["FORCE_COLOR", "where it is set, tables are coloured although stdout is no terminal"],
    ["TERM", "with dumb, nothing is drawn anew in its place: progress is a line every ten seconds"],
    ["HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the proxies of a pull, where the settings name none"],
    [
      "XDG_CACHE_HOME",
      "where the compiled command is kept, to start faster: under stowage there (~/.cache by default)",
    ],
  ],
};

export const files: Chapter = {
  heading: "Files",
  text: "All of them can be elsewhere; see the options of every verb, and the settings.",
  terms: [
    ["/etc/stowage/stowage.toml", "settings, with those in the directory conf.d beside it"],
    ["/var/lib/stowage", "the store"],
    ["/run/stowage/stowage.sock", "the daemon's socket"],
  ],
};

export const streams: Chapter = {
  heading: "What is printed where",
  text: "The answer is on stdout and nothing else is. Progress, notes and errors are on stderr. The first Ctrl-C ends cleanly and says what is kept; the second ends at once. Nothing that comes from an image or a registry can make a terminal do anything.",
  terms: [],
};
