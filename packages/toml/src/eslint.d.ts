/** The parser's types name eslint's, which nothing here needs: without this, the whole linter would have to be installed. */
declare module "eslint" {
  export namespace SourceCode {
    type VisitorKeys = Readonly<Record<string, readonly string[]>>;
  }
}
