import { describeImageIndex } from "@stowage/images/conformance";
import { MemoryImageIndex } from "./memory-image-index.test.fixture.ts";

describeImageIndex("MemoryImageIndex", async () => new MemoryImageIndex());
