/** docs/inside-a-step.md keeps its word: its code runs as it stands, and its figures are those of the library. */
import {readFileSync} from 'node:fs';
import {
  MAX_LINE_BYTES,
  MAX_LINE_CHARS,
  MAX_LOG_LINES,
  MAX_NOTE_CHARS,
  NOTES_BYTES,
  NOTES_EVERY_MS,
  NOTES_SPARE_BYTES,
} from '../src/core/limits';
import {pasted, useLabs} from './jobs/lab';

const PAGE = readFileSync('docs/inside-a-step.md', 'utf8');
const CODE = [...PAGE.matchAll(/```javascript inside\n([^]*?)```/g)].map((match) => match[1] ?? '').join('\n');

const newLab = useLabs();

test('the code of the page runs, and tells what the page says', () => {
  const lab = newLab({project: pasted(CODE)});
  const id = lab.world.call('startImport') as string;
  lab.settle();
  expect(lab.world.call('lookAt', [id])).toEqual({
    lines: ['importing from eu {"rows":3}'],
    ...{status: 'completed', fraction: 1},
  });
  const found = [...lab.world.store('script')].filter(([, text]) => text.includes('sk-live'));
  expect(found.map(([key]) => key)).toEqual(['CRM_KEY']);
});

test('the figures of the page are those of the library', () => {
  const figures = [
    `${MAX_LINE_CHARS} characters at most`,
    `more than ${MAX_LINE_BYTES.toLocaleString('en-US')} bytes`,
    `from 1 to ${MAX_LOG_LINES.toLocaleString('en-US')}`,
    `some ${NOTES_BYTES.toLocaleString('en-US')} bytes`,
    `below ${NOTES_SPARE_BYTES.toLocaleString('en-US')} free bytes`,
    `cut at ${MAX_NOTE_CHARS}`,
  ];
  const text = PAGE.replace(/\s+/g, ' ');
  expect(figures.filter((figure) => !text.includes(figure))).toEqual([]);
  expect([NOTES_EVERY_MS, PAGE.includes('a write every five seconds at most')]).toEqual([5_000, true]);
});
