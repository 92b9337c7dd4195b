import { mergeConfig, type ViteUserConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** The tests run the command as it is packed: it starts in a third of the time that its sources take, and is what people run. */
const config: ViteUserConfig = mergeConfig(shared, { test: { globalSetup: "./src/pack-command.test.setup.ts" } });

export default config;
