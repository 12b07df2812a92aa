// Builds before any test runs, however jest was started: some tests load dist/Code.js and the simulator's thread, and a
// test of yesterday's bundle is worse than none. If a build fails, its output goes, so that the tests which load it fail
// and the others still run.
import {spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';

const OUTPUTS = {'build.mjs': 'dist/Code.js', 'tools/build-worker.mjs': '.tsbuild/simulator-worker.cjs'};

export default function () {
  for (const [script, output] of Object.entries(OUTPUTS)) {
    const {status} = spawnSync(process.execPath, [script], {stdio: ['ignore', 'ignore', 'inherit']});
    if (status !== 0) rmSync(output, {force: true});
  }
}
