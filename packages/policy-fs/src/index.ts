export { openAdmission, type PolicyPlaces } from "./open-admission.ts";
