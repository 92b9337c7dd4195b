import { createRegistry, type DescFile, type DescService, type Registry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { statusCodes } from "@stowage/cri-api";
import { linked } from "@stowage/shared-work";
import { streaming } from "./status.ts";

/** What both versions of the protocol ask alike. */
interface Request {
  readonly host: string;
  readonly messageRequest: { readonly case: string | undefined; readonly value?: unknown };
}

type Answer =
  | {
      readonly case: "fileDescriptorResponse";
      readonly value: { readonly fileDescriptorProto: Uint8Array<ArrayBuffer>[] };
    }
  | { readonly case: "allExtensionNumbersResponse"; readonly value: { readonly baseTypeName: string } }
  | { readonly case: "listServicesResponse"; readonly value: { readonly service: { readonly name: string }[] } }
  | { readonly case: "errorResponse"; readonly value: { readonly errorCode: number; readonly errorMessage: string } };

interface Response<Asked> {
  readonly validHost: string;
  readonly originalRequest: Asked;
  readonly messageResponse: Answer;
}

interface ReflectionMethods {
  serverReflectionInfo<Asked extends Request>(
    requests: AsyncIterable<Asked>,
    context: HandlerContext,
  ): AsyncGenerator<Response<Asked>, void, undefined>;
}

/** What these services are made of, in the words of their .proto files. Who asks on and on is ended when `leaving` aborts. */
export function reflectionMethods(services: readonly DescService[], leaving: AbortSignal): ReflectionMethods {
  const registry = createRegistry(...services.map(({ file }) => file));
  const listed = { service: services.map(({ typeName: name }) => ({ name })) };
  const answer = ({ messageRequest }: Request): Answer => {
    const { case: what, value } = messageRequest;
    const name = String(value);
    switch (what) {
      case "listServices":
        return { case: "listServicesResponse", value: listed };
      case "fileByFilename":
        return described(services.map(({ file }) => file).find(({ proto }) => proto.name === name));
      case "fileContainingSymbol":
        return described(fileOf(registry, name));
      case "allExtensionNumbersOfType":
        if (registry.getMessage(name) === undefined) return refusal("not-found", "There is no such message");
        return { case: "allExtensionNumbersResponse", value: { baseTypeName: name } };
      case "fileContainingExtension":
        return refusal("not-found", "There are no extensions");
      case undefined:
      default:
        return refusal("invalid-argument", "The request asks nothing that is known here");
    }
  };
  return {
    serverReflectionInfo: (requests, context) =>
      streaming(async function* (asked: typeof requests, { signal }) {
        using either = linked(signal, leaving);
        for await (const request of until(either.signal, asked))
          yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) };
      })(requests, context),
  };
}

/** The items until the signal aborts, which ends them without a failure. */
async function* until<Item>(signal: AbortSignal, items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const over = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
    signal.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true });
  });
  while (!signal.aborted) {
    const { done, value } = await Promise.race([iterator.next(), over]);
    if (done === true) return;
    yield value;
  }
}

/** The file that says what a service, a message, an enum, or one of their parts is. */
function fileOf(registry: Registry, name: string): DescFile | undefined {
  const found = registry.get(name);
  if (found !== undefined) return found.file;
  const dot = name.lastIndexOf(".");
  const whole = dot < 0 ? undefined : registry.get(name.slice(0, dot));
  return whole !== undefined && partsOf(whole).includes(name.slice(dot + 1)) ? whole.file : undefined;
}

function partsOf(whole: NonNullable<ReturnType<Registry["get"]>>): readonly string[] {
  switch (whole.kind) {
    case "service":
      return whole.methods.map(({ name }) => name);
    case "message":
      return [...whole.fields, ...whole.oneofs].map(({ name }) => name);
    case "enum":
      return whole.values.map(({ name }) => name);
    case "extension":
      return [];
  }
}

function described(file: DescFile | undefined): Answer {
  if (file === undefined) return refusal("not-found", "There is no such file or symbol");
  const fileDescriptorProto = withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function withImports(file: DescFile): readonly DescFile[] {
  return [...new Set([file, ...file.dependencies.flatMap(withImports)])];
}

function refusal(code: "not-found" | "invalid-argument", errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode: statusCodes[code], errorMessage } };
}
