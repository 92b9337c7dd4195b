import { create } from "@bufbuild/protobuf";
import { type Credential, decodeAuthConfig } from "@stowage/auth";
import { type Credential as CredentialMessage, CredentialSchema } from "./gen/stowage/v1/store_pb.ts";

/** A credential as `stowage.v1` carries it: the one place where it is revealed to the socket. */
export function encodeCredential(credential: Credential): CredentialMessage {
  switch (credential.kind) {
    case "basic":
      return create(CredentialSchema, encodeBasic(credential));
    case "identity-token":
      return create(CredentialSchema, { identityToken: credential.token.reveal() });
    case "registry-token":
      return create(CredentialSchema, { registryToken: credential.token.reveal() });
  }
}

/** The credential in a message, if there is one. Fails with `invalid-argument` for what is none. */
export function decodeCredential(message: CredentialMessage | undefined): Credential | undefined {
  return message === undefined ? undefined : decodeAuthConfig(message)?.credential;
}

/** An empty name is as good as none beside a password, and can only be told in `auth`. */
function encodeBasic({ username, password }: Extract<Credential, { readonly kind: "basic" }>): {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
} {
  return username === ""
    ? { auth: Buffer.from(`:${password.reveal()}`).toString("base64") }
    : { username, password: password.reveal() };
}
