import { checkLogin, hostOf, quoteAddress, type Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import { askLine, askSecret, readSecret } from "../ask.ts";
import { openTools } from "../store/open-tools.ts";
import type { Call } from "../verbs/call.ts";

export interface LoginOptions {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly authfile?: string;
  readonly plainHttp?: boolean;
}

/** Asks for what is missing, lets the registry judge it, and keeps it where it will be found. */
export async function logIn(call: Call<LoginOptions>, registry: string): Promise<void> {
  const { options, signal } = call;
  const domain = requireHost(registry);
  if (options.username === undefined && options.passwordStdin === true)
    throw new StowageError("invalid-argument", "Cannot log in: --password-stdin needs a --username");
  const username = options.username ?? (await askLine("Username: ", call.terminal));
  const password = await passwordFor(call);
  if (username === "" || password.reveal() === "")
    throw new StowageError("invalid-argument", `Cannot log in to ${domain}: the user name or the password is empty`);
  checkLogin({ domain, username, password });
  await using tools = await openTools(options);
  const credential = { kind: "basic", username, password } as const;
  await tools.registry.checkAccess(domain, { signal, plainHttp: options.plainHttp, credential });
  const { file, program } = await tools.storeLogin({ domain, username, password }, { signal });
  const where = program === undefined ? file : `${program}, which ${file} names`;
  call.print({
    one: { registry: domain, username, file, program },
    screen: () => [`logged in to ${domain} as ${username}; kept in ${where}`],
  });
}

/** Also where it was given as a URL, as docker's users do. */
export function requireHost(registry: string): string {
  const host = hostOf(registry);
  if (host !== undefined) return host;
  throw new StowageError("invalid-argument", `Cannot read registry ${quoteAddress(registry)}: it is no host and port`);
}

async function passwordFor({ options, terminal }: Call<LoginOptions>): Promise<Secret> {
  if (options.passwordStdin === true) return await readSecret(terminal.signal);
  return await askSecret("Password: ", terminal);
}
