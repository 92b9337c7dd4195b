import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smallImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, runCommand } from "../run-command.test.fixture.ts";
import { type Shell, shellScripts } from "./shell-scripts.ts";

let directory: string;
let root: string;
let image: string;

/** A store with an image, and `stowage` on the path. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "stowage-completion-"));
  root = join(directory, "the store");
  writeFileSync(join(directory, "stowage"), `#!/bin/sh\nexec ${commandLine([])} "$@"\n`, { mode: 0o755 });
  for (const [shell, script] of Object.entries(shellScripts)) writeFileSync(join(directory, shell), script);
  await using registry = await startRegistry();
  registry.putImage("library/small", "1", smallImage());
  image = `${registry.host}/library/small:1`;
  expect(await runCommand(["pull", "--root", root, "--plain-http", "--quiet", image])).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a shell offers for a line, each without what it means. One that is waited for is told what will come. */
const shells: Readonly<
  Record<Shell, { readonly command: readonly string[]; readonly ask: (line: string, expected: string) => string }>
> = {
  bash: {
    command: ["bash", "--norc", "-c"],
    ask: (line) => `source ${directory}/bash
        COMP_LINE='${line}' COMP_POINT=${line.length} _stowage
        printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  fish: {
    command: ["fish", "--no-config", "-c"],
    ask: (line) => `source ${directory}/fish; complete -C '${line}' | string replace -r '\\t.*' ''; true`,
  },
  zsh: {
    // An interactive zsh in a terminal of its own lists what it would offer.
    command: ["zsh", "-f", "-c"],
    ask: (line, expected) => `zmodload zsh/zpty
        zpty shell 'PATH=$PATH zsh -f -i'
        zpty -w shell "PS1= PROMPT= LISTMAX=0; unsetopt zle_bracketed_paste 2>/dev/null; stty cols 300 rows 100
          autoload -Uz compinit && compinit -u -D; source ${directory}/zsh
          zstyle ':completion:*' list-separator '|'
          print rea''dy"
        zpty -r shell out '*ready*'
        zpty -w -n shell "${line}"$'\\t\\t'
        zpty -r shell out '*${expected}*'
        print -r -- "$out"`,
  },
};

describe.for(Object.keys(shellScripts).filter((shell): shell is Shell => shell in shells))("%s", (shell) => {
  const { command, ask } = shells[shell];
  const [name = "", ...args] = command;
  const isMissing = spawnSync(name, ["-c", "true"]).status !== 0;
  const offered = (line: string, expected: string) => {
    const env = { ...process.env, PATH: `${directory}:${process.env["PATH"]}`, TERM: "dumb" };
    return execFileSync(name, [...args, ask(line, expected)], {
      encoding: "utf8",
      env,
      timeout: 20_000,
      stdio: ["ignore", "pipe", "inherit"],
    });
  };

  test.skipIf(isMissing)(`completes verbs, options and images (needs ${name})`, () => {
    expect(offered("stowage un", "unmount")).toContain("unmount");
    expect(offered("stowage pull --pl", "--platform")).toContain("--platform");
    // A shell that breaks words at colons completes what comes after the last of them.
    const known = shell === "bash" ? image.slice(image.indexOf(":") + 1) : image;
    const typed = root.replace(" ", "\\ ");
    expect(offered(`stowage rm --root ${typed} ${image.slice(0, -4)}`, known)).toContain(known);
    expect(offered(`stowage cat --root=${typed} ${image.slice(0, -4)}`, known)).toContain(known);
    const key = shell === "bash" ? "name" : "--sort=name";
    expect(offered("stowage images --sort=n", key)).toContain(key);
    expect(offered(`stowage images --root=${directory}/th`, "store").replaceAll("\\", "")).toContain("the store");
  });
});
