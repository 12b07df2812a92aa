// Rules of meaning only; prettier owns the layout.
import {defineConfig} from 'eslint/config';
import tseslint from 'typescript-eslint';

const LANGUAGE_BANS = [
  {
    selector: 'BinaryExpression[operator="instanceof"]',
    message: 'A library and its host are different contexts, where instanceof is false. Look at a name or a property.',
  },
  {selector: 'TSEnumDeclaration', message: 'Use a union of string literals.'},
];

// Time and chance are handed in, so that a run can be repeated exactly.
const CLOCK_BANS = [
  {selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Take the time as an argument.'},
  {selector: 'CallExpression[callee.name="Date"]', message: 'Take the time as an argument.'},
];

export default defineConfig(
  {ignores: ['dist/', 'dist-extras/', 'reference/', '.tsbuild/', 'coverage/']},
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    linterOptions: {reportUnusedDisableDirectives: 'error'},
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-empty': 'error',
      'no-eval': 'error',
      'no-param-reassign': 'error',
      'no-new-func': 'error',
      'max-lines': ['error', {max: 300, skipBlankLines: true, skipComments: true}],
      'max-lines-per-function': ['error', {max: 70, skipBlankLines: true, skipComments: true}],
      'no-restricted-syntax': ['error', ...LANGUAGE_BANS],
      '@typescript-eslint/array-type': ['error', {default: 'array'}],
      '@typescript-eslint/consistent-type-definitions': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-dynamic-delete': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-redundant-type-constituents': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/unbound-method': 'error',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
    },
  },
  {
    files: ['src/{core,orchestration,engine}/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...LANGUAGE_BANS, ...CLOCK_BANS],
      'no-restricted-properties': [
        'error',
        {object: 'Date', property: 'now', message: 'Take the time as an argument.'},
        {object: 'Math', property: 'random', message: 'Take a random number as an argument.'},
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: {
      eqeqeq: 'error',
      'no-unused-vars': ['error', {argsIgnorePattern: '^_'}],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Scripts for Apps Script, where functions are called by name.
    files: ['examples/**/host/*.js', 'examples/probe/*.js'],
    languageOptions: {sourceType: 'script'},
    rules: {'no-unused-vars': ['error', {vars: 'local'}]},
  },
);
