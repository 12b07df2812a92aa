// Runs a TypeScript file: node tools/run-ts.mjs FILE [ARGUMENT...]. The file sees its arguments from process.argv[2] on.
// It is bundled first, because Node 20 does not read TypeScript. Paths in it are best taken from process.cwd(), since
// import.meta.url names the bundle.
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {build} from 'esbuild';
import {writeFileWhole} from './write-file.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('Usage: node tools/run-ts.mjs FILE [ARGUMENT...]');

const output = join('.tsbuild', 'run', `${entry.replace(/\.ts$/, '').replace(/[^\w-]+/g, '-')}.mjs`);
const result = await build({
  entryPoints: [entry],
  outfile: output,
  write: false,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  tsconfig: 'tsconfig.test.json',
  sourcemap: 'inline',
  // For CommonJS files that are bundled in.
  banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
});
writeFileWhole(output, result.outputFiles[0].text);

process.argv = [process.argv[0], resolve(entry), ...args];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(resolve(output)).href);
