/** Bundles the page's script and style into one HTML file, which names the hash of the only script that may run in it. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';

const root = import.meta.dirname;
const built = await build({
  root,
  configFile: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    write: false,
    target: 'es2022',
    cssCodeSplit: false,
    lib: { entry: path.join(root, 'src/page/main.tsx'), formats: ['iife'], name: 'viewer', cssFileName: 'style' },
  },
});
const output = [built].flat().flatMap((one) => one.output);
const script = output
  .find(({ type }) => type === 'chunk')
  .code.replaceAll('</script', '<\\/script')
  .trim();
const style = String(output.find(({ fileName }) => fileName.endsWith('.css')).source).trim();
const hash = createHash('sha256').update(script).digest('base64');
const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
writeFileSync(
  path.join(root, 'dist/viewer.html'),
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><!--TITLE--></title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This report needs JavaScript. It loads nothing from the network.</noscript>
<script type="application/json" id="report"><!--REPORT--></script>
<script>${script}</script>
</body>
</html>
`,
);
