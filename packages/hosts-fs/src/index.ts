export {
  type ExplainedPlan,
  type ExplainingHosts,
  type HostsPlaces,
  openHosts,
  type PlanReason,
  type RegistriesConfPlaces,
} from "./open-hosts.ts";
