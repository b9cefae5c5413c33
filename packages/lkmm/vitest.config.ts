import { packageTests } from '@shootdown/tooling-vitest-config';

export default packageTests;
