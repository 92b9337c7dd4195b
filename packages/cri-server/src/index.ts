export { type CallEvent, callChannel } from "./call-events.ts";
export { type CriServerDependencies, type CriServerSettings, startCriServer } from "./cri-server.ts";
