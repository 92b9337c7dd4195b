import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { AbortOptions } from "@stowage/errors";

export interface CallOptions extends AbortOptions {
  /** Sent to the server, too. Default: the two minutes of a kubelet. */
  readonly timeoutMilliseconds?: number;
}

/** The kubelet's `runtimeRequestTimeout`, which nothing here should come near. */
const defaultTimeoutMilliseconds = 120_000;

/** What a kubelet takes in one message (`cri-client: pkg/remote_image.go`, `maxMsgSize`). */
const maxMessageBytes = 16 * 1024 * 1024;

/**
 * gRPC over one connection, by grpc-js: an implementation that shares no line with our server. Calls fail with its `ServiceError`.
 * Disposing it cuts what is under way.
 */
export class GrpcChannel implements Disposable {
  readonly #client: Client;

  /** `endpoint` is `unix:///path`. */
  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.default_authority": "localhost",
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.use_local_subchannel_pool": 1, // or channels to one socket would share a connection
    });
  }

  async unary<Request extends DescMessage, Response extends DescMessage>(
    method: DescMethodUnary<Request, Response>,
    request: MessageInitShape<Request>,
    options: CallOptions = {},
  ): Promise<MessageShape<Response>> {
    options.signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<Response>>();
    const call = this.#client.makeUnaryRequest(
      pathOf(method),
      encoderOf(method.input),
      decoderOf(method.output),
      create(method.input, request),
      new Metadata(),
      { deadline: deadlineOf(options) },
      (error, response) => {
        if (response !== undefined) resolve(response);
        else reject(error === null ? new Error("The call ended without an answer") : decoded(error));
      },
    );
    const cancel = () => call.cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    return await promise.finally(() => options.signal?.removeEventListener("abort", cancel));
  }

  async *serverStream<Request extends DescMessage, Response extends DescMessage>(
    method: DescMethodServerStreaming<Request, Response>,
    request: MessageInitShape<Request>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<Response>, void, undefined> {
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      encoderOf(method.input),
      decoderOf(method.output),
      create(method.input, request),
      new Metadata(),
      { deadline: deadlineOf(options) },
    );
    try {
      yield* call;
    } catch (error) {
      throw isServiceError(error) ? decoded(error) : error;
    } finally {
      call.cancel();
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function pathOf(method: { readonly parent: { readonly typeName: string }; readonly name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function encoderOf<Schema extends DescMessage>(schema: Schema): (message: MessageShape<Schema>) => Buffer {
  return (message) => Buffer.from(toBinary(schema, message));
}

function decoderOf<Schema extends DescMessage>(schema: Schema): (bytes: Buffer) => MessageShape<Schema> {
  return (bytes) => fromBinary(schema, bytes);
}

function deadlineOf({ timeoutMilliseconds = defaultTimeoutMilliseconds }: CallOptions): number {
  return Date.now() + timeoutMilliseconds;
}

/**
 * Senders may percent-encode more of a status message than they have to, and receivers decode all (gRPC over HTTP2,
 * "Status-Message"). grpc-js leaves what `decodeURI` leaves.
 */
function decoded(error: ServiceError): ServiceError {
  error.details = error.details.replace(/%(?:2[3-6BCF]|3[ABDF]|40)/gi, decodeURIComponent);
  return error;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "details" in error && "metadata" in error;
}
