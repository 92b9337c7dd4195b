import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A certificate and its private key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that nobody else trusts, and what it signed. */
export interface Certificates {
  /** PEM. */
  readonly ca: string;
  /** For 127.0.0.1 and localhost. */
  readonly server: Identity;
  /** Of the common name `client`. */
  readonly client: Identity;
}

/** Makes certificates for a test, good for a day. Needs the program `openssl` (3.0 or later). */
export async function makeCertificates(): Promise<Certificates> {
  await using directory = await mkdtempDisposable(join(tmpdir(), "certificates-"));
  const request = async (name: string, options: readonly string[]): Promise<Identity> => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
    const common = ["req", "-x509", ...newKey, ...files, "-subj", `/CN=${name}`, "-days", "1"];
    await promisify(execFile)("openssl", [...common, ...options], { cwd: directory.path });
    const read = (ending: string) => readFile(join(directory.path, name + ending), "utf8");
    return { cert: await read(".crt"), key: await read(".key") };
  };
  const { cert: ca } = await request("authority", []);
  const signed = ["-CA", "authority.crt", "-CAkey", "authority.key", "-addext", "basicConstraints=critical,CA:false"];
  const server = await request("server", [...signed, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]);
  const client = await request("client", [...signed, "-addext", "extendedKeyUsage=clientAuth"]);
  return { ca, server, client };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
