export { type CriServerDependencies, type CriServerSettings, startCriServer } from "./cri-server.ts";
