import type { Contender } from "./contender.ts";
import { hasProgram } from "./programs.ts";
import { runTimed } from "./timed-command.ts";

/** To an OCI layout, and from that to a bundle. */
export const skopeoUmociContender: Contender = {
  name: "skopeo+umoci",
  needs: ["skopeo", "umoci"],
  prepare: async (place) => ({
    pull: () => runTimed(["bash", "-c", copyAndUnpack, "bash", place.image.reference], place),
  }),
};

const copyAndUnpack = `
set -e
skopeo copy --quiet --src-tls-verify=false "docker://$1" oci:layout:image
umoci unpack --image layout:image bundle
`;

/** The least there is to do: each layer fetched, inflated and unpacked beside the others, and nothing verified. */
export const floorContender: Contender = {
  name: "floor",
  needs: ["curl", "tar"],
  async prepare(place) {
    const inflate = (await hasProgram("igzip")) ? "igzip -d -c" : "gzip -d -c";
    return { pull: () => runTimed(["bash", "-c", unpackAll, "bash", inflate, ...place.image.layerUrls], place) };
  },
};

const unpackAll = `
set -o pipefail
inflate=$1
shift
for url in "$@"; do
  number=$((number + 1))
  mkdir "$number"
  curl -sSf "$url" | $inflate | tar -x -p --numeric-owner -C "$number" &
  layers+=($!)
done
for layer in "\${layers[@]}"; do wait "$layer" || exit 1; done
`;
