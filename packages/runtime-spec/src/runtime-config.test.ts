import { decodeImageProcess } from "@stowage/oci";
import { expect, test } from "vitest";
import { resolveUser, runtimeConfigOf } from "./index.ts";

const processOf = (config: object | null) => decodeImageProcess(Buffer.from(JSON.stringify({ config })));
const user = resolveUser("", { passwd: "", group: "" });
const configOf = (config: object, request: object = {}) =>
  runtimeConfigOf({ process: processOf(config), user, rootfs: "/r", hostname: "h", ...request });

test.for([
  { what: "its command", config: { Cmd: ["a", "b"] }, args: ["a", "b"] },
  { what: "its entrypoint", config: { Entrypoint: ["a"] }, args: ["a"] },
  { what: "both, one after the other", config: { Entrypoint: ["a"], Cmd: ["b"] }, args: ["a", "b"] },
  {
    what: "other words behind its entrypoint",
    config: { Entrypoint: ["a"], Cmd: ["b"] },
    request: { args: ["c"] },
    args: ["a", "c"],
  },
])("runs $what", ({ config, request, args }) => {
  expect(configOf(config, request)).toMatchObject({ process: { args } });
});

test.for([{}, { Cmd: [] }, { Cmd: null, Entrypoint: null }, { Cmd: [""] }])(
  "refuses %j: there is nothing to run",
  (config) => {
    expect(() => configOf(config)).toThrow("no command");
  },
);

test("gives it the environment of the image, what is missing in it, and what is said", () => {
  const config = { Cmd: ["a"], Env: ["A=1", "B=2", "broken", "=x"] };
  expect(configOf(config, { env: ["B=3", "C=4"] })).toMatchObject({
    process: { env: [expect.stringMatching(/^PATH=.*:\/bin$/), "HOME=/", "A=1", "B=3", "C=4"] },
  });
  expect(configOf({ Cmd: ["a"], Env: ["PATH=/p", "HOME=/h"] })).toMatchObject({
    process: { env: ["PATH=/p", "HOME=/h"] },
  });
});

test.for([
  { config: {}, cwd: "/" },
  { config: { WorkingDir: "/srv" }, cwd: "/srv" },
  { config: { WorkingDir: "srv" }, cwd: "/srv" },
])("starts it in $cwd for $config", ({ config, cwd }) => {
  expect(configOf({ Cmd: ["a"], ...config })).toMatchObject({ process: { cwd } });
});

test("gives it runc's capabilities, none of them ambient, and no new privileges", () => {
  const three = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
  const { process } = configOf({ Cmd: ["a"] });
  expect(process).toMatchObject({ noNewPrivileges: true });
  expect(process).toHaveProperty("capabilities", { bounding: three, effective: three, permitted: three });
});

test("says which signal stops it", () => {
  expect(configOf({ Cmd: ["a"], StopSignal: "SIGINT" })).toMatchObject({
    annotations: { "org.opencontainers.image.stopSignal": "SIGINT" },
  });
});

test.for([{ Cmd: ["a\0b"] }, { Env: "A=1" }, { User: 5 }, { Cmd: Array.from({ length: 10_001 }, () => "x") }])(
  "refuses the config %o",
  (config) => {
    expect(() => processOf(config)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  },
);

test("reads a config that says nothing", () => {
  expect(processOf(null)).toEqual({
    entrypoint: [],
    cmd: [],
    env: [],
    user: "",
    workingDirectory: "/",
    volumes: [],
    stopSignal: undefined,
  });
});
