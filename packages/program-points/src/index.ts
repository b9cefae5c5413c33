export { rewrite, type Rewritten } from './rewrite.js';
export { transform, type Transformed } from './transform.js';
