/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json'],
  transform: {'\\.ts$': '<rootDir>/tools/jest-esbuild.cjs'},
  globalSetup: '<rootDir>/tools/jest-build.mjs',
  reporters: ['default', '<rootDir>/tools/jest-plain-reporter.cjs'],
  testSequencer: '<rootDir>/tools/jest-sequencer.cjs',
  maxWorkers: 2,
};
