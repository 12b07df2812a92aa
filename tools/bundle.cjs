// How the library is bundled: one place for build.mjs and for tests that bundle it with a part changed. CommonJS, which
// jest can load.
const {readFileSync} = require('node:fs');
const {build} = require('esbuild');

/** The handler of the library's triggers: a trigger can only call a function declared at the top level. */
const WORKER = `
/**
 * The handler of the library's triggers: runs the jobs that are due.
 * @param {Object=} e The event that Apps Script passes to a trigger.
 * @return {Object|null} What \`AST.Jobs.work\` returns.
 */
function astJobsWorker(e) {
  return AST.Jobs.work(e);
}`;

/** What the parts of the bundle have in common. */
const COMMON = {
  write: false,
  bundle: true,
  format: 'iife',
  // Neither Node nor a browser: no built-in modules, and no package's "browser" field.
  platform: 'neutral',
  mainFields: ['module', 'main'],
  // The newest level that Apps Script's parser accepts in full: no class fields, `?.`, `??` or BigInt remain.
  target: 'es2019',
  charset: 'utf8',
  keepNames: false,
  minify: false,
};

/** The packages that the bundle holds. */
const LAZY = [lazily('fflate', ['deflateSync', 'inflateSync', 'strFromU8']), lazily('croner', ['Cron'])];

/** The bundle as esbuild's result; `plugins` may change sources, `banner` is its first line, `isLazy` is for the bench. */
function bundleLibrary({banner = '', plugins = [], isLazy = true} = {}) {
  return build({
    ...COMMON,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/Code.js',
    globalName: 'AST',
    // esbuild by itself would read tsconfig.json, which has no options.
    tsconfig: 'tsconfig.src.json',
    legalComments: 'inline',
    metafile: true,
    banner: {js: banner},
    footer: {js: WORKER},
    plugins: isLazy ? [...LAZY, ...plugins] : [...plugins],
  });
}

/** The file with YAML, which declares one `var ASTYaml`; as esbuild's result. */
function bundleYaml({banner = ''} = {}) {
  return build({
    ...COMMON,
    entryPoints: ['extras/yaml.ts'],
    outfile: 'dist-extras/Yaml.js',
    globalName: 'ASTYaml',
    tsconfig: 'tsconfig.extras.json',
    legalComments: 'inline',
    banner: {js: banner},
    // Nearly all of it is a package, which esbuild would lay out anew.
    minify: true,
    plugins: [lazily('yaml', ['parseDocument'])],
  });
}

/**
 * Defers a package to its first use. Apps Script evaluates the whole file at every execution; fflate computes tables
 * then, for many times as long as everything else takes (`npm run bench`), and most executions pack nothing and have no
 * schedule.
 */
function lazily(name, exports) {
  return {
    name: `lazily ${name}`,
    setup(setup) {
      setup.onResolve({filter: new RegExp(`^${name}$`)}, () => ({path: name, namespace: 'lazily'}));
      setup.onLoad({filter: new RegExp(`^${name}$`), namespace: 'lazily'}, async () => {
        const source = `export {${exports.join(', ')}} from '${name}'`;
        const stdin = {contents: source, resolveDir: '.'};
        const {outputFiles} = await build({...COMMON, stdin, globalName: 'loaded', minify: true});
        return {contents: deferred(`${notice(name)}\n${outputFiles[0].text}`, exports)};
      });
    },
  };
}

function notice(name) {
  const folder = `node_modules/${name}`;
  const {version, license} = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const copyright = /^Copyright.*$/m.exec(readFileSync(`${folder}/LICENSE`, 'utf8'))?.[0] ?? '';
  return `/*! ${name} ${version} | ${license} | ${copyright} | minified */`;
}

function deferred(text, exports) {
  // A plain function stands for a function or for a class.
  const calls = exports.map(
    (one) => `export function ${one}(...args) {
  return new.target === undefined ? load().${one}(...args) : new (load().${one})(...args);
}`,
  );
  return `let known = null;
function load() {
  if (known === null) known = evaluate();
  return known;
}
function evaluate() {
${text}
return loaded;
}
${calls.join('\n')}`;
}

module.exports = {bundleLibrary, bundleYaml};
