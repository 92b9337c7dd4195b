export { isLoopback, servingHost } from "./host-address.ts";
export { defaultDirName, dirNamesFor } from "./host-directories.ts";
export { decodeHostsFile, type HostsFile, type HostsFileEntry } from "./hosts-file.ts";
export { type HostSettings } from "./hosts-file-settings.ts";
export { candidatesOf } from "./name-candidates.ts";
export { isOwnHost } from "./own-host.ts";
export { planHostsFile } from "./plan-hosts-file.ts";
export { planOrigin } from "./plan-origin.ts";
export { planRegistriesConf, refuseBlocked } from "./plan-registries-conf.ts";
export {
  type AskedRepository,
  type HostCapability,
  type IdentityFiles,
  type PlannedHost,
  type TrustFiles,
} from "./planned-host.ts";
export { type ProxySettings, type ProxyTexts, parseProxySettings, proxyFor } from "./proxy-settings.ts";
export {
  decodeRegistriesConf,
  emptyRegistriesConf,
  mergeRegistriesConf,
  type RegistriesConf,
} from "./registries-conf.ts";
export { type RegistryEntry, type RegistryMirror } from "./registry-entries.ts";
export { findRegistry } from "./registry-match.ts";
