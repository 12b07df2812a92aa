// Runs every check, two lanes of them side by side, and then the tests; stops at the first that fails. Tests come last, so
// the last line of output is theirs: `N passed, N failed`. A check that fails before them counts as one failure, so that
// line never lies.
import {spawn} from 'node:child_process';

const LANES = [
  [['lint', 'eslint .']],
  [
    ['format', 'prettier --check --log-level warn .'],
    ['types', 'tsc -b'],
    ['reference', 'typedoc --emit none --logLevel Warn'],
    ['build', 'npm run --silent build'],
    ['layers', 'npm run --silent layers'],
  ],
];

/** Runs a command; npm puts node_modules/.bin on the path. */
function run(command, stdio) {
  return new Promise((resolve) => {
    const child = spawn(command, {shell: true, stdio});
    const output = [];
    child.stdout?.on('data', (text) => output.push(text));
    child.stderr?.on('data', (text) => output.push(text));
    child.on('close', (status) => resolve({isRight: status === 0, output: Buffer.concat(output).toString()}));
  });
}

async function runLane(lane) {
  for (const [name, command] of lane) {
    const startedAtMs = Date.now();
    const {isRight, output} = await run(command, ['ignore', 'pipe', 'pipe']);
    console.log(`> ${name}: ${command}\n${output}  ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
    if (isRight) continue;
    console.log(`\nThe check "${name}" failed, so the tests did not run.\n0 passed, 1 failed`);
    process.exit(1);
  }
}

await Promise.all(LANES.map(runLane));
console.log('> tests: jest');
const {isRight} = await run('jest', 'inherit');
process.exit(isRight ? 0 : 1);
