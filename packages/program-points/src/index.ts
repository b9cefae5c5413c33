export { transform, transformInline, type Transformed } from './transform.js';
