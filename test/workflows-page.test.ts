/** The code of docs/workflows.md and docs/testing-your-jobs.md runs as it stands. */
import {readFileSync} from 'node:fs';
import type {WorkflowRecord} from '../src/types';
import {World} from './simulator';
import {pastedHost} from './support/hosts';

const blocksOf = (path: string, mark: string): string =>
  [...readFileSync(path, 'utf8').matchAll(/^```javascript (\w+)\n([^]*?)^```/gm)]
    .filter((match) => match[1] === mark)
    .map((match) => match[2] ?? '')
    .join('\n');

const WORKFLOWS = blocksOf('docs/workflows.md', 'workflows');
const YAML = blocksOf('docs/workflows.md', 'yaml');
const TESTING = blocksOf('docs/testing-your-jobs.md', 'testing');

function inWorld(source: string, check: (world: World) => void, isWithYaml = false): void {
  const {files, ...project} = pastedHost(source);
  const extra = isWithYaml ? [{name: 'Yaml.js', source: readFileSync('dist-extras/Yaml.js', 'utf8')}] : [];
  const world = new World({project: {...project, files: [...files, ...extra]}});
  try {
    check(world);
  } finally {
    world.close();
  }
}

test('the workflow of the page ends as its handlers say', () => {
  inWorld(`${WORKFLOWS}\nfunction result(id) { return AST.Jobs.result(id, 'load'); }`, (world) => {
    const id = world.call('startPipeline');
    expect(world.call('showPipeline', [id])).toMatchObject({status: 'queued', done: '0 of 4'});
    world.settle();
    expect(world.call('showPipeline', [id])).toEqual({
      ...{status: 'completed', done: '4 of 4'},
      jobs: ['extract completed', 'clean completed', 'count completed', 'load completed'],
    });
    expect(world.call('result', [id])).toBe('3 rows, the first is ORDERS 1');
  });
});

test('its YAML is the workflow that it looks like, once the file is there', () => {
  const source = `${WORKFLOWS}\n${YAML}\nfunction ended() { return AST.Jobs.listWorkflows({includeCompleted: true}); }`;
  inWorld(
    source,
    (world) => {
      const id = world.call('startFromYaml');
      world.settle();
      const [row] = world.call('ended') as readonly WorkflowRecord[];
      expect(row).toMatchObject({id, name: 'data-pipeline', status: 'completed', progress: {total: 2, completed: 2}});
    },
    true,
  );
  inWorld(source, (world) => expect(() => world.call('startFromYaml')).toThrow(/Yaml\.js/));
});

test('the test of the page passes and calls no service', () => {
  inWorld(TESTING, (world) => {
    expect(world.call('testReport')).toBe('completed');
    expect(world.counts().calls).toBe(0);
  });
});
