import { createPrivateKey, X509Certificate } from "node:crypto";
import { Secret } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import type { IdentityFiles, TrustFiles } from "@stowage/hosts";
import type { HostTrust } from "@stowage/registry";
import type { Files, FileText } from "@stowage/text-files";

/** What hosts are believed by, read from files. */
export interface TrustStore {
  /**
   * One and the same object for the same files with the same content. Fails with `invalid-argument`, naming the file and
   * never what is in it, where one is missing or not PEM, or where a key is not that of its certificate.
   */
  load(files: TrustFiles): Promise<HostTrust>;
}

export function createTrustStore(files: Files): TrustStore {
  const known = new Map<string, Known>();
  return {
    async load(wanted) {
      const texts = await Promise.all(pathsOf(wanted).map(async (path) => await readExisting(files, path)));
      const name = JSON.stringify(wanted);
      const before = known.get(name);
      if (before?.texts.every((text, at) => text === texts[at]) === true) return before.trust;
      const trust = trustOf(wanted, new Map(texts.map((text) => [text.path, text])));
      known.set(name, { texts, trust });
      return trust;
    },
  };
}

interface Known {
  readonly texts: readonly FileText[];
  readonly trust: HostTrust;
}

type Texts = ReadonlyMap<string, FileText>;

function pathsOf({ authorities, identities }: TrustFiles): readonly string[] {
  return [...authorities, ...identities.flatMap(({ certificate, key = certificate }) => [certificate, key])];
}

async function readExisting(files: Files, path: string): Promise<FileText> {
  const file = await files.read(path);
  if (file === undefined) throw refusal(path, "it is not there");
  return file;
}

function trustOf({ authorities, identities, anyCertificate }: TrustFiles, texts: Texts): HostTrust {
  return {
    authorities: authorities.map((path) => certificatesIn(textAt(texts, path), path)),
    identities: identities.map((identity) => readIdentity(identity, texts)),
    anyCertificate,
  };
}

/** A file may have certificate and key: what is handed on as the certificate has no key in it. */
function readIdentity(
  { certificate: path, key: keyPath = path }: IdentityFiles,
  texts: Texts,
): HostTrust["identities"][number] {
  const certificate = certificatesIn(textAt(texts, path), path);
  const key = textAt(texts, keyPath);
  if (!belongs(certificate, { key, keyPath })) {
    throw refusal(keyPath, `its key is not that of the certificate in "${path}"`);
  }
  return { certificate, key: new Secret(key) };
}

function belongs(certificate: string, { key, keyPath }: { readonly key: string; readonly keyPath: string }): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw refusal(keyPath, "it has no PEM of a private key that can be used", { cause });
  }
}

/** The certificates of a file, without what is around them. */
function certificatesIn(text: string, path: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (blocks.length === 0 || blocks.length !== begun) throw refusal(path, "it has no PEM of certificates");
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch (cause) {
    throw refusal(path, "it has no PEM of certificates", { cause });
  }
  return `${blocks.join("\n")}\n`;
}

function textAt(texts: Texts, path: string): string {
  return texts.get(path)?.text ?? "";
}

function refusal(path: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read "${path}": ${why}`, options);
}
