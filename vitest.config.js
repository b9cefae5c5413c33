import { workspaceTests } from '@shootdown/tooling-vitest-config';

export default workspaceTests(import.meta.dirname);
