// Runs every check in order and stops at the first that fails. Tests come last, so the last line of output is theirs:
// `N passed, N failed`. A check that fails before them counts as one failure, so that line never lies.
import {spawnSync} from 'node:child_process';

const CHECKS = [
  ['format', 'prettier --check --log-level warn .'],
  ['lint', 'eslint .'],
  ['types', 'tsc -b'],
  ['reference', 'typedoc --emit none --logLevel Warn'],
  ['build', 'npm run --silent build'],
  ['layers', 'npm run --silent layers'],
  ['tests', 'jest'],
];

for (const [name, command] of CHECKS) {
  console.log(`> ${name}: ${command}`);
  const startedAtMs = Date.now();
  // npm puts node_modules/.bin on the path.
  const {status} = spawnSync(command, {shell: true, stdio: 'inherit'});
  if (status !== 0) {
    if (name !== 'tests') console.log(`\nThe check "${name}" failed, so the rest did not run.\n0 passed, 1 failed`);
    process.exit(1);
  }
  if (name !== 'tests') console.log(`  ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
}
