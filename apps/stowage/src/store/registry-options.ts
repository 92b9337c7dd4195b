/** The options of verbs that ask a registry. */
export interface RegistryOptions {
  readonly plainHttp?: boolean;
  readonly creds?: string;
  readonly authfile?: string;
}
