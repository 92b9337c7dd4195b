export {
  type ExplainedPlan,
  type ExplainingHosts,
  type HostsPlaces,
  openHosts,
  openNames,
  type PlanReason,
  type RegistriesConfPlaces,
} from "./open-hosts.ts";
