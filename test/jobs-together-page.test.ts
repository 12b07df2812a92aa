/** The code of docs/jobs-together.md runs as it stands. */
import {readFileSync} from 'node:fs';
import type {BatchRecord} from '../src/types';
import {World} from './simulator';
import {pastedHost} from './support/hosts';

const CODE = [...readFileSync('docs/jobs-together.md', 'utf8').matchAll(/^```javascript host\n([^]*?)^```/gm)]
  .map((match) => match[1] ?? '')
  .join('\n');

test('the jobs of the page wait for each other and end as their handlers say', () => {
  const source = `${CODE}
    function ended(name) { return AST.Jobs.list({name: name})[0]; }
    function batchOf(id) { return AST.Jobs.getBatch(id); }`;
  const world = new World({project: pastedHost(source)});
  try {
    world.call('extractTransformLoad');
    const batch = world.call('regions') as string;
    world.settle();
    expect(world.call('ended', ['Load'])).toMatchObject({status: 'completed', results: {load: 'loaded 6'}});
    expect(world.call('batchOf', [batch]) as BatchRecord).toMatchObject({status: 'completed', counts: {completed: 4}});
  } finally {
    world.close();
  }
});
