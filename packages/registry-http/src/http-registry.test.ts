import { describeRegistry } from "@stowage/registry/conformance";
import { startRegistry } from "@stowage/registry-fake";
import { openHttpRegistry } from "./index.ts";

describeRegistry("openHttpRegistry", async (fixture) => {
  const stack = new AsyncDisposableStack();
  const fake = stack.use(await startRegistry());
  fake.putImage(fixture.path, fixture.tag, fixture);
  const registry = stack.use(openHttpRegistry());
  return { registry, domain: fake.host, [Symbol.asyncDispose]: () => stack.disposeAsync() };
});
