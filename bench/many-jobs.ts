/** What ten thousand jobs leave in the store: `npm run bench:jobs`. It takes minutes. */
import {benchWorld} from './host';
import {short, table} from './table';

/** Jobs of one step after each other, with a share of the store that they have used up after the first hundreds. */
function storing(): string {
  const maxBytes = 60_000;
  const world = benchWorld({latency: {read: 1, write: 1, lock: 1, release: 1, trigger: 1}});
  world.setProperty('script', 'AST_JOBS_MAX_BYTES', String(maxBytes));
  let most = 0;
  for (let jobs = 0; jobs < 10_000; jobs += 100) {
    if (world.call('manyJobs', [100], {wallMs: 3_600_000}) !== 'completed') throw new Error('a job did not complete');
    most = Math.max(most, jobBytes(world.store('script')));
  }
  world.close();
  return table(
    ['what', 'result'],
    [
      ['jobs of one step in a row', '10000'],
      ['bytes that all jobs may use together', short(maxBytes)],
      ['most bytes that they used', short(most)],
    ],
  );
}

function jobBytes(store: ReadonlyMap<string, string>): number {
  const own = [...store].filter(([key]) => key.includes('~job_'));
  return own.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
}

console.log(`## Ten thousand jobs\n\n${storing()}\n`);
