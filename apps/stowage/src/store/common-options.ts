/** The options that every verb has. */
export interface CommonOptions {
  readonly root?: string;
  readonly address?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly format?: string;
  readonly verbose?: boolean;
}
