// Preloaded into each test worker: from then on Node imports our TypeScript itself.
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
