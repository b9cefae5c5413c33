export { dekker, peterson, ticketLock } from './mutual-exclusion.js';
export { philosophers } from './philosophers.js';
export { toy } from './toy.js';
export { mutationPlan } from './mutation-plan.js';
