import { packageRules } from './src/index.js';

export default packageRules(import.meta.dirname);
