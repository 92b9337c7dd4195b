export { describeContainerIndex } from "./index-conformance.ts";
export { describeMounter } from "./mounter-conformance.ts";
export { describeContainerPlaces, type PlacesFixture } from "./places-conformance.ts";
