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
  text: "Where a daemon holds the store, pulls go out from the daemon, through its proxies, but with the credential of who runs the command. Variables of Node, like NODE_OPTIONS, act on the command as on every program that it runs.",
  terms: [
    ["NO_COLOR", "where it is set, nothing is coloured"],
    ["FORCE_COLOR", "where it is set, tables are coloured although stdout is no terminal"],
    ["TERM", "with dumb, nothing is drawn anew in its place: progress is a line every ten seconds"],
    [
      "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
      "the proxies of whatever asks a registry, where the settings name none; the same in small letters comes first",
    ],
    ["REGISTRY_AUTH_FILE", "the one file with credentials, where neither --authfile nor the settings name one"],
    ["XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG, HOME", "where credentials are looked for otherwise: see Files"],
    ["PATH", "where the programs are that such a file names for credentials, docker-credential-NAME"],
    [
      "XDG_CACHE_HOME",
      "where the compiled command is kept, to start faster: under stowage there (~/.cache by default)",
    ],
  ],
};

export const files: Chapter = {
  heading: "Files",
  text: "All of them can be elsewhere; see the options of every verb, and the settings. A path that is given to an option is one from the working directory, unless it begins with a slash. Of the files with credentials, the first that has one for the name counts.",
  terms: [
    ["/etc/stowage/stowage.toml", "settings, with those in the directory conf.d beside it"],
    ["/var/lib/stowage", "the store"],
    ["/run/stowage/stowage.sock", "the daemon's socket"],
    [
      "$XDG_RUNTIME_DIR/containers/auth.json",
      "credentials until the next boot (/run/containers/UID/auth.json by default)",
    ],
    ["$XDG_CONFIG_HOME/containers/auth.json", "credentials that stay (~/.config/containers/auth.json by default)"],
    ["$DOCKER_CONFIG/config.json", "those of docker (~/.docker/config.json by default), and of old in ~/.dockercfg"],
  ],
};

export const streams: Chapter = {
  heading: "What is printed where",
  text: "The answer is on stdout and nothing else is. Progress, notes and errors are on stderr. The first Ctrl-C ends cleanly and says what is kept; the second ends at once. Nothing that comes from an image or a registry can make a terminal do anything.",
  terms: [],
};
