'use strict';
// Jest's transformer: one call of esbuild per file, so tests are compiled by the compiler that builds the library.
// It does not hoist jest.mock: hand in a fake instead.
const {createHash} = require('node:crypto');
const {readFileSync} = require('node:fs');
const esbuild = require('esbuild');

const self = readFileSync(__filename);

module.exports = {
  getCacheKey(source, filename, {configString, instrument}) {
    const hash = createHash('sha1');
    for (const part of [self, esbuild.version, source, filename, configString, String(instrument)]) hash.update(part);
    return hash.digest('hex');
  },

  process(source, filename) {
    const {code, map} = esbuild.transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcemap: 'inline',
      sourcefile: filename,
      // As in the tsconfigs. A field of a class is assigned, as at the target of the library, not defined.
      tsconfigRaw: {compilerOptions: {target: 'ES2019', useDefineForClassFields: false, verbatimModuleSyntax: true}},
    });
    return {code, map: map || null};
  },
};
