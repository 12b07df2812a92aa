/**
 * One command in as many processes as there are cores, each on a core of its own where `taskset` exists: scheduler and
 * threads of a world hand over to each other all the time, which takes ten times longer from core to core.
 */
import {spawn, spawnSync} from 'node:child_process';
import {availableParallelism, cpus} from 'node:os';
import {createInterface} from 'node:readline';

export function processCount(atMost: number): number {
  return Math.max(1, Math.min(availableParallelism(), atMost));
}

/** Runs a TypeScript file, each process with `--part`, `--of` and the arguments; tells every line that one prints. */
export async function runParts(
  file: string,
  processes: number,
  args: readonly string[],
  tell: (line: string, part: number) => void,
): Promise<void> {
  const isPinned = mayPin();
  const parts = Array.from({length: processes}, (_none, index) => index);
  await Promise.all(
    parts.map(async (part) => {
      const run = ['tools/run-ts.mjs', file, '--part', String(part), '--of', String(processes), ...args];
      const [command, own] = isPinned
        ? ['taskset', ['-c', String(part), process.execPath, ...run]]
        : [process.execPath, run];
      const child = spawn(command, own, {stdio: ['ignore', 'pipe', 'inherit']});
      for await (const line of createInterface({input: child.stdout})) tell(line, part);
    }),
  );
}

/** Whoever was given some of the cores only is pinned already, or knows better. */
function mayPin(): boolean {
  return availableParallelism() === cpus().length && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
}
