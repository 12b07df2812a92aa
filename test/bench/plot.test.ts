import {plot} from '../../bench/plot';

const LABELS = {title: 'Time & cost', x: 'items', y: 'minutes'};
const pointsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/points="([^"]*)"/g)].map((match) => match[1] ?? '');

test('equal factors are equal distances, upwards and to the right', () => {
  const svg = plot(LABELS, [
    {
      label: 'one',
      points: [
        [100, 0.1],
        [1_000, 1],
        [10_000, 10],
      ],
    },
  ]);
  const at = (pointsOf(svg)[0] ?? '').split(' ').map((point) => point.split(',').map(Number));
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []] = at;
  expect(x1 - x0).toBeGreaterThan(0);
  expect(y1 - y0).toBeLessThan(0);
  expect(x2 - x1).toBeCloseTo(x1 - x0, 0);
  expect(y2 - y1).toBeCloseTo(y1 - y0, 0);
});

test('each series has a line and a name, but those without points, and texts are escaped', () => {
  const svg = plot(LABELS, [
    {label: 'a < b', points: [[1, 1]]},
    {label: 'empty', points: []},
    {label: 'other', points: [[10, 0.02]]},
  ]);
  expect(pointsOf(svg)).toHaveLength(2);
  expect(svg).toContain('>a &lt; b</text>');
  expect(svg).toContain('>Time &amp; cost</text>');
  expect(svg).not.toContain('empty');
});

test('the axes name the decades around all values', () => {
  const svg = plot(LABELS, [{label: 'one', points: [[300, 0.05], [20_000, 7]]}]); // prettier-ignore
  for (const text of ['100', '1,000', '10,000', '100,000', '0.01', '0.1', '1', '10'])
    expect(svg).toContain(`>${text}</text>`);
});

test('nothing to plot is refused', () => {
  expect(() => plot(LABELS, [{label: 'one', points: []}])).toThrow('Expected at least one point');
});
