export { maxFileBytes } from "./files.ts";
export { type HostsPlaces, openHosts, type RegistriesConfPlaces } from "./open-hosts.ts";
