export { atsdShootdown } from './atsd-shootdown.js';
