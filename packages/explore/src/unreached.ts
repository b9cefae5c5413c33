export { Reach, type Unreached } from './unreached/reach.js';
