import { expect, test } from "vitest";
import { authFilePlaces, type Environment, type Surroundings } from "./index.ts";

const usual = [
  "/run/containers/7/auth.json",
  "/home/me/.config/containers/auth.json",
  "/home/me/.docker/config.json",
  "/home/me/.dockercfg",
];

const places = (env: Environment, options: Partial<Surroundings> & { readonly file?: string } = {}) =>
  authFilePlaces({ env, home: "/home/me", uid: 7, ...options }, options.file);

test.for<{ what: string; env: Environment; paths: readonly (string | undefined)[] }>([
  { what: "no variable", env: {}, paths: usual },
  {
    what: "XDG_RUNTIME_DIR",
    env: { XDG_RUNTIME_DIR: "/run/user/7" },
    paths: ["/run/user/7/containers/auth.json", ...usual.slice(1)],
  },
  {
    what: "XDG_CONFIG_HOME",
    env: { XDG_CONFIG_HOME: "/etc/me" },
    paths: [usual[0], "/etc/me/containers/auth.json", ...usual.slice(2)],
  },
  {
    what: "DOCKER_CONFIG",
    env: { DOCKER_CONFIG: "/docker" },
    paths: [usual[0], usual[1], "/docker/config.json", usual[3]],
  },
  { what: "XDG variables that are relative", env: { XDG_RUNTIME_DIR: "run", XDG_CONFIG_HOME: "." }, paths: usual },
  {
    what: "variables that are empty",
    env: { XDG_RUNTIME_DIR: "", XDG_CONFIG_HOME: "", DOCKER_CONFIG: "", REGISTRY_AUTH_FILE: "" },
    paths: usual,
  },
])("looks with $what in the usual places, which may be missing", ({ env, paths }) => {
  expect(places(env)).toEqual(
    paths.map((path, at) => ({ path, isNamed: false, ...(at === 1 ? { isForLogins: true } : {}) })),
  );
});

test.for([
  { what: "the file of REGISTRY_AUTH_FILE", file: "", path: "/env.json" },
  { what: "the file of a setting", file: "/set.json", path: "/set.json" },
])("looks in $what alone, which has to be there", ({ file, path }) => {
  expect(places({ REGISTRY_AUTH_FILE: "/env.json", DOCKER_CONFIG: "/docker" }, { file })).toEqual([
    { path, isNamed: true, isForLogins: true },
  ]);
});

test.for([undefined, ""])("looks in no home directory where that is %j", (home) => {
  expect(places({}, { home }).map(({ path }) => path)).toEqual(["/run/containers/7/auth.json"]);
});
