import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sendDatagram } from "./index.ts";

/** A program that says what it hears on a unix datagram socket, which Node has not. */
const listener = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + sys.argv[1][1:] if sys.argv[1].startswith("@") else sys.argv[1])
print("listening", flush=True)
print(s.recv(1000).decode(), flush=True)`;

test.for(["path", "abstract"])("a text arrives whole at a socket of the kind: %s", async (kind) => {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "stowage-datagram-"));
  const address = kind === "path" ? join(scratch.path, "s") : `@stowage-datagram-${process.pid}`;
  const child = spawn("python3", ["-c", listener, address], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  child.stdout.on("data", (data: Buffer) => lines.push(String(data)));
  await once(child.stdout, "data");
  sendDatagram(address, "READY=1\nSTATUS=fine");
  await once(child, "exit");
  expect(lines.join("")).toBe("listening\nREADY=1\nSTATUS=fine\n");
});

test("nobody there is a system error", () => {
  expect(() => sendDatagram("/nowhere/at/all", "x")).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
