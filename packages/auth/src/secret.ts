import { inspect } from "node:util";

/**
 * A text that is shown to nobody by accident: strings, JSON, `util.inspect`, spreading and structured clones of it
 * do not have the text. Only `reveal` does, where it is sent to whom it is for.
 */
export class Secret {
  readonly #text: string;

  static {
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => redacted });
  }

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }
}

const redacted = "[secret]";
