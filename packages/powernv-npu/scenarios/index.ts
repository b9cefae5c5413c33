export { atsdShootdown } from './atsd-shootdown.js';
export { mutationPlan } from './mutation-plan.js';
