import { workspaceRules } from '@shootdown/tooling-eslint-config';

export default workspaceRules(import.meta.dirname);
