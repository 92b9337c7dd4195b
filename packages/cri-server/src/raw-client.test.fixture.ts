import { Client, type ClientDuplexStream, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";

const asIs = (bytes: Buffer): Buffer => bytes;

/** gRPC's own client at a unix socket, which knows no .proto: messages are bytes. */
export function openRawClient(address: string) {
  const client = new Client(`unix:${address}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  return {
    unary: (path: string, request: Buffer): Promise<Buffer | undefined> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, asIs, asIs, request, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      }),
    serverStream: (path: string, request: Buffer): ClientReadableStream<Buffer> =>
      client.makeServerStreamRequest(path, asIs, asIs, request),
    bidi: (path: string): ClientDuplexStream<Buffer, Buffer> => client.makeBidiStreamRequest(path, asIs, asIs),
  };
}

/** A field of a message that has a text. */
export function textField(number: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, text.length]), Buffer.from(text)]);
}

/** The fields of a message that have bytes, in their order (protobuf.dev/programming-guides/encoding). */
export function bytesFields(message: Buffer): readonly (readonly [number, Buffer])[] {
  const fields: [number, Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const length = varint();
    if ((tag & 7) !== 2) continue;
    fields.push([tag >>> 3, message.subarray(at, at + length)]);
    at += length;
  }
  return fields;
}
