export {
  type ExplainedPlan,
  type ExplainingHosts,
  type HostsPlaces,
  type NamesPlaces,
  openHosts,
  openNames,
  type PlanReason,
  type RegistriesConfPlaces,
} from "./open-hosts.ts";
