import { packageRules } from '@shootdown/tooling-eslint-config';

export default packageRules(import.meta.dirname);
