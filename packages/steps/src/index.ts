export { isStep, type Step, step, stepChannel, steps } from "./step.ts";
