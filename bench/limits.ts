/** What fits: finished jobs, large results, cancel while running. */
import {benchWorld, look, type BenchRecord} from './host';
import {short, table} from './table';

/** The table of limits. */
export function limits(): string {
  return table(['what', 'result'], [...finishedJobs(), ...largeResults(), cancelRunning()]);
}

function finishedJobs(): readonly (readonly string[])[] {
  const world = benchWorld({latency: {read: 1, write: 1, lock: 1, release: 1, trigger: 1}});
  let done = 0;
  for (let round = 0; round < 15; round++) {
    if (world.call('manyJobs', [100], {wallMs: 3_600_000}) !== 'completed')
      throw new Error('a small job did not complete');
    done += 100;
  }
  const store = world.store('script');
  const bytes = [...store].reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const headers = [...store.keys()].filter((key) => key.endsWith('~h')).length;
  world.close();
  return [
    ['finished one-step jobs in a row', short(done)],
    ['… of which the store keeps', short(headers)],
    ['… in bytes', short(bytes)],
  ];
}

function largeResults(): readonly (readonly string[])[] {
  return [100_000, 380_000, 450_000].map((bytes) => {
    const world = benchWorld();
    const record = world.call('largeResult', [bytes]) as BenchRecord;
    world.close();
    const end =
      record.status === 'completed' ? `completed, read back ${String(record.results['chain_step_2'])}` : record.status;
    return [`result of ${bytes} bytes`, record.lastError === null ? end : `${end}: ${record.lastError.code ?? ''}`];
  });
}

function cancelRunning(): readonly string[] {
  const world = benchWorld();
  const id = world.call('chain', [5, 30_000]) as string;
  world.runWhile(() => !world.effects.some((effect) => effect.data === 'chain_step_2'), 3_600_000);
  const canceled = String(world.call('cancel', [id]));
  world.settle({horizonMs: 3_600_000});
  const runs = world.effects.length;
  const {status} = look(world, id);
  world.close();
  return ['cancel of a running job (in its second step)', `${canceled}, then ${status}; steps begun: ${runs} of 5`];
}
