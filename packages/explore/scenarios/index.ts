export { dekker, peterson, ticketLock } from './mutual-exclusion.js';
export { toy } from './toy.js';
