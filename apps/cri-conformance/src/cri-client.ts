import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type Image, ImageService, RuntimeService } from "@stowage/cri-api";
import { type CallOptions, GrpcChannel } from "./grpc-channel.ts";

type Methods = typeof ImageService.method;
type Runtime = typeof RuntimeService.method;
type Answer<Method extends { readonly output: Methods[keyof Methods]["output"] | Runtime[keyof Runtime]["output"] }> =
  MessageShape<Method["output"]>;

export type PullFields = Omit<MessageInitShape<Methods["pullImage"]["input"]>, "image" | "$typeName">;

/** The calls of a kubelet over one connection. */
export class CriClient implements Disposable {
  readonly #channel: GrpcChannel;
  readonly #onPull: (image: string) => void;

  /** `onPull` hears of every name that is pulled and of every id that comes of it. */
  constructor(endpoint: string, onPull: (image: string) => void = () => undefined) {
    this.#channel = new GrpcChannel(endpoint);
    this.#onPull = onPull;
  }

  /** The id of what was pulled. */
  async pull(image: string, fields: PullFields = {}, options: CallOptions = {}): Promise<string> {
    return await this.pullAs({ image: { image }, ...fields }, options);
  }

  async pullAs(request: MessageInitShape<Methods["pullImage"]["input"]>, options: CallOptions = {}): Promise<string> {
    this.#onPull(request.image?.image ?? "");
    const { imageRef } = await this.#channel.unary(ImageService.method.pullImage, request, options);
    this.#onPull(imageRef);
    return imageRef;
  }

  async status(image: string, options: CallOptions = {}): Promise<Image | undefined> {
    return (await this.statusOf({ image: { image } }, options)).image;
  }

  async statusOf(
    request: MessageInitShape<Methods["imageStatus"]["input"]>,
    options: CallOptions = {},
  ): Promise<Answer<Methods["imageStatus"]>> {
    return await this.#channel.unary(ImageService.method.imageStatus, request, options);
  }

  async list(filter?: string, options: CallOptions = {}): Promise<readonly Image[]> {
    const request = filter === undefined ? {} : { filter: { image: { image: filter } } };
    return (await this.#channel.unary(ImageService.method.listImages, request, options)).images;
  }

  /** The images of each message. */
  async stream(filter?: string, options: CallOptions = {}): Promise<readonly (readonly Image[])[]> {
    const request = filter === undefined ? {} : { filter: { image: { image: filter } } };
    const messages = await Array.fromAsync(
      this.#channel.serverStream(ImageService.method.streamImages, request, options),
    );
    return messages.map(({ images }) => images);
  }

  async remove(image: string, options: CallOptions = {}): Promise<void> {
    await this.#channel.unary(ImageService.method.removeImage, { image: { image } }, options);
  }

  async fsInfo(options: CallOptions = {}): Promise<Answer<Methods["imageFsInfo"]>> {
    return await this.#channel.unary(ImageService.method.imageFsInfo, {}, options);
  }

  async version(): Promise<Answer<Runtime["version"]>> {
    return await this.#channel.unary(RuntimeService.method.version, { version: "0.1.0" });
  }

  async runtimeStatus(): Promise<Answer<Runtime["status"]>> {
    return await this.#channel.unary(RuntimeService.method.status, {});
  }

  async runtimeConfig(): Promise<Answer<Runtime["runtimeConfig"]>> {
    return await this.#channel.unary(RuntimeService.method.runtimeConfig, {});
  }

  /** A method that no service has. */
  async callUnknown(): Promise<void> {
    await this.#channel.unary({ ...ImageService.method.imageFsInfo, name: "NoSuchMethod" }, {});
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }
}
