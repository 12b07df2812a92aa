/** A line chart with two logarithmic axes, as SVG text. */

export interface Series {
  readonly label: string;
  /** Both coordinates are above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Labels {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const WIDTH = 760;
const HEIGHT = 460;
const LEFT = 70;
const RIGHT = 220;
const TOP = 44;
const BOTTOM = 56;
/** Told apart by people who do not see all colours (Okabe and Ito). */
const COLOURS = ['#000000', '#999999', '#0072b2', '#56b4e9', '#009e73', '#d55e00', '#cc79a7'];

interface Axis {
  readonly decades: readonly number[];
  at(value: number): number;
}

/** From the decade below the smallest value to the one above the largest. */
function axis(values: readonly number[], fromPx: number, toPx: number): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    decades: Array.from({length: high - low + 1}, (_none, index) => low + index),
    at: (value) => fromPx + ((Math.log10(value) - low) / (high - low)) * (toPx - fromPx),
  };
}

/** The chart; series without points are left out. */
export function plot(labels: Labels, all: readonly Series[]): string {
  const series = all.filter(({points}) => points.length > 0);
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) throw new Error('Expected at least one point to plot, got none.');
  const x = axis(
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = axis(
    points.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="15">${escaped(labels.title)}</text>`,
    ...x.decades.map((decade) => upright(x.at(10 ** decade), decade)),
    ...y.decades.map((decade) => level(y.at(10 ** decade), decade)),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(labels.x)}</text>`,
    `<text transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(labels.y)}</text>`,
    ...series.flatMap((one, index) => lineOf(one, index, x, y)),
    '</svg>\n',
  ].join('\n');
}

function upright(px: number, decade: number): string {
  const at = px.toFixed(1);
  const line = `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#dddddd"/>`;
  return `${line}<text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${decadeText(decade)}</text>`;
}

function level(py: number, decade: number): string {
  const at = py.toFixed(1);
  const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#dddddd"/>`;
  return `${line}<text x="${LEFT - 8}" y="${(py + 4).toFixed(1)}" text-anchor="end">${decadeText(decade)}</text>`;
}

function lineOf({label, points}: Series, index: number, x: Axis, y: Axis): readonly string[] {
  const colour = COLOURS[index % COLOURS.length] ?? '#000000';
  const at = points.map(([one, other]) => `${x.at(one).toFixed(1)},${y.at(other).toFixed(1)}`);
  const dots = at.map((point) => point.split(',')).map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3"/>`);
  const rowPx = TOP + 12 + index * 20;
  const keyPx = WIDTH - RIGHT + 16;
  return [
    `<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<g fill="${colour}">${dots.join('')}</g>`,
    `<line x1="${keyPx}" x2="${keyPx + 20}" y1="${rowPx - 4}" y2="${rowPx - 4}" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${keyPx + 26}" y="${rowPx}">${escaped(label)}</text>`,
  ];
}

function decadeText(decade: number): string {
  return decade >= 0 ? (10 ** decade).toLocaleString('en-US') : (10 ** decade).toFixed(-decade);
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
