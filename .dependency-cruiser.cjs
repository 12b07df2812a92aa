'use strict';
// The direction of dependencies: index → platform → engine → orchestration → core → errors and types.
// Each may import everything to its right and nothing to its left. Imports of types count, too.
const LAYERS = ['platform', 'engine', 'orchestration', 'core'];

const BOTTOM = '^src/(errors|types|types/[\\w-]+)\\.ts$';

const folders = (names) => `^src/(${names.join('|')})/`;

const inward = LAYERS.slice(1).map((layer, i) => ({
  name: `${layer}-looks-outward`,
  severity: 'error',
  comment: `src/${layer} may import only what lies to its right in the order of layers.`,
  from: {path: folders([layer])},
  to: {path: folders(LAYERS.slice(0, i + 1))},
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...inward,
    {
      name: 'errors-and-types-look-outward',
      severity: 'error',
      comment: 'errors.ts and types are the bottom: they may import only each other.',
      from: {path: BOTTOM},
      to: {pathNot: BOTTOM},
    },
    {
      name: 'index-is-imported',
      severity: 'error',
      comment: 'index.ts puts the layers together; a layer that imports it would depend on all of them.',
      from: {},
      to: {path: '^src/index\\.ts$'},
    },
    {
      name: 'no-layer',
      severity: 'error',
      comment: 'A folder of src that has no place in the order escapes the rules above. Add it to LAYERS.',
      from: {path: '^src/', pathNot: [folders(LAYERS), BOTTOM, '^src/index\\.ts$']},
      to: {},
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'not-in-the-bundle',
      severity: 'error',
      comment:
        'Only what package.json lists under dependencies may go into the bundle; Apps Script has no Node modules.',
      from: {path: '^src/'},
      to: {dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'core']},
    },
    {
      name: 'unresolvable',
      severity: 'error',
      from: {},
      to: {couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.src.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['import', 'require', 'default', 'types']},
  },
};
