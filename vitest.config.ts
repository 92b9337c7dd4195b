import { globSync } from "node:fs";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const conditions = ["@stowage/source"];

/** The one vitest configuration: packages run from source, and results are left for `.ci/run` to count. */
const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    execArgv: conditions.map((condition) => `--conditions=${condition}`),
    include: ["src/**/*.test.ts"],
    globalSetup: globSync("src/*.test.setup.ts"), // what a package makes once, before its tests
    reporters: ["default", ["json", { outputFile: "test-results.json" }]],
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } }, // what is waited for comes, on a busy machine too
  },
});

export default config;
