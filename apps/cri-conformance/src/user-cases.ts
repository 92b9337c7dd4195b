import { status } from "@grpc/grpc-js";
import type { Case } from "./case.ts";
import { expectEqual, expectFailure } from "./expectation.ts";

interface TellsUser {
  readonly user: string | undefined;
  readonly uid?: number;
  readonly username?: string;
}

const users: readonly TellsUser[] = [
  { user: "1002", uid: 1002 },
  { user: "www-data", username: "www-data" },
  { user: "1002:1003", uid: 1002 },
  { user: "www-data:www-data", username: "www-data" },
  { user: "0", uid: 0 },
  { user: undefined },
];

/** What a kubelet could take for another user than the one the process gets (threat 18). */
const refused = ["-1", "2147483648", "99999999999999999999"];

export const userCases: readonly Case[] = [
  ...users.map(
    ({ user, uid, username = "" }): Case => ({
      name: `the user of an image with ${user === undefined ? "none" : `"${user}"`} is told as it is`,
      source: "critest",
      async run({ client, offer }) {
        const { name } = offer("user", user === undefined ? {} : { user });
        await client.pull(name);
        const image = await client.status(name);
        const told = { uid: image?.uid === undefined ? undefined : Number(image.uid.value), username: image?.username };
        expectEqual("uid and username", told, { uid, username });
      },
    }),
  ),
  ...refused.map(
    (user): Case => ({
      name: `an image with the user "${user}" is refused`,
      source: "cri-v1 3.3",
      async run({ client, offer }) {
        const { name } = offer("user", { user });
        await expectFailure(client.pull(name), { code: status.INVALID_ARGUMENT });
        expectEqual("the image:", await client.status(name), undefined);
      },
    }),
  ),
];
