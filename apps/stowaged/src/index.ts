export { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
