import { isAbsolute, join } from "node:path";

/** Where an auth file may be. */
export interface AuthFilePlace {
  readonly path: string;
  /** Somebody named this very file, so it has to be there. */
  readonly isNamed: boolean;
  /** Where a login is kept that has no other place: it outlives a reboot, and only its owner reads it. */
  readonly isForLogins?: boolean | undefined;
}

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Of the user whose files are looked for. */
export interface Surroundings {
  readonly env: Environment;
  /** The home directory; without one, nothing in it is looked for. */
  readonly home: string | undefined;
  readonly uid: number;
}

/**
 * Where credentials are looked for, first choice first (containers-auth.json(5), and docker's files after them). A file
 * that a setting names is the only one, and so is that of `REGISTRY_AUTH_FILE`. An XDG variable counts where it holds an
 * absolute path (XDG Base Directory Specification).
 */
export function authFilePlaces({ env, home, uid }: Surroundings, file?: string): readonly AuthFilePlace[] {
  const named = file || env["REGISTRY_AUTH_FILE"];
  if (named) return [{ path: named, isNamed: true, isForLogins: true }];
  const runtime = absolute(env["XDG_RUNTIME_DIR"]);
  const directories = {
    runtime: runtime === undefined ? `/run/containers/${uid}` : join(runtime, "containers"),
    config: within(absolute(env["XDG_CONFIG_HOME"]) ?? within(home, ".config"), "containers"),
    docker: env["DOCKER_CONFIG"] || within(home, ".docker"),
  };
  const lasting = within(directories.config, "auth.json");
  const paths = [
    within(directories.runtime, "auth.json"),
    lasting,
    within(directories.docker, "config.json"),
    within(home, ".dockercfg"),
  ];
  return paths
    .filter((path) => path !== undefined)
    .map((path) => ({ path, isNamed: false, ...(path === lasting ? { isForLogins: true } : {}) }));
}

function within(directory: string | undefined, name: string): string | undefined {
  return directory ? join(directory, name) : undefined;
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
