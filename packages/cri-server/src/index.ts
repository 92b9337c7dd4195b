export { type CallTrace, callChannel } from "./call-trace.ts";
export {
  type CriServer,
  type CriServerDependencies,
  type CriServerSettings,
  startCriServer,
} from "./cri-server.ts";
export { listenOnSocket, type SocketPlace } from "./socket.ts";
