/** A comparison in virtual time as a plot: what each variant took as dots, what its formula says as a line. */
import { printable } from '../io.js';
import { scaleLinear, type ScaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { ComparisonResult } from '../simulate/compare.js';

const [WIDTH, HEIGHT] = [720, 420];
const [LEFT, RIGHT, BOTTOM] = [72, 24, 52];
/** Height of a line of the legend, which has two columns. */
const LINE = 18;
/** Okabe and Ito's colours, which the colour-blind can tell apart. */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

type Scale = ScaleLinear<number, number>;
type Point = readonly [value: number, microseconds: number];

interface Series {
  readonly variant: string;
  readonly about: string;
  readonly colour: string;
  readonly model: readonly Point[];
  readonly closedForm: readonly Point[];
}

/** The plot, as the text of an SVG file. */
export function comparisonSvg(result: ComparisonResult): string {
  const series = seriesOf(result);
  const values = result.rows.map(({ value }) => value);
  const highest = Math.max(
    ...series.flatMap(({ model, closedForm }) => [...model, ...closedForm].map(([, time]) => time)),
  );
  const x = scaleLinear([Math.min(...values), Math.max(...values)], [LEFT, WIDTH - RIGHT]);
  const top = 46 + LINE * Math.ceil(series.length / 2);
  const y = scaleLinear([0, highest], [HEIGHT - BOTTOM, top]).nice();
  const { scenario, comparison, over } = result;
  const title = `${scenario.name}: ${comparison.measures}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 20, title, 'font-size="14"'),
    ...legend(series),
    ...horizontalAxis(x, y, over),
    ...verticalAxis(x, y),
    ...series.flatMap((one) => drawn(one, x, y)),
    '</svg>',
  ].join('\n')}\n`;
}

function seriesOf({ comparison, rows }: ComparisonResult): readonly Series[] {
  return Object.entries(comparison.variants).map(([variant, { about }], i) => ({
    variant,
    about,
    colour: COLOURS[i % COLOURS.length],
    model: rows.map(({ value, taken }) => [value, taken[i].model / 1000]),
    closedForm: rows.map(({ value, taken }) => [value, taken[i].closedForm / 1000]),
  }));
}

function legend(series: readonly Series[]): string[] {
  return series.flatMap(({ variant, about, colour }, i) => {
    const row = 42 + LINE * Math.floor(i / 2);
    const left = LEFT + (i % 2) * 300;
    return [
      `<circle cx="${left + 4}" cy="${row - 4}" r="4" fill="${colour}"/>`,
      `<line x1="${left + 14}" x2="${left + 34}" y1="${row - 4}" y2="${row - 4}" stroke="${colour}" stroke-width="1.5"/>`,
      text(left + 40, row, `${variant} (dots), ${about} (line)`),
    ];
  });
}

function horizontalAxis(x: Scale, y: Scale, over: string): string[] {
  const bottom = y(0);
  const whole = x.ticks(16).filter((tick) => Number.isInteger(tick));
  return [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}" stroke="#000000"/>`,
    ...whole.map((tick) => text(x(tick), bottom + 18, String(tick), 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, over, 'text-anchor="middle"'),
  ];
}

function verticalAxis(x: Scale, y: Scale): string[] {
  const [left, right] = x.range();
  const [bottom, top] = y.range();
  return [
    ...y
      .ticks(6)
      .flatMap((tick) => [
        `<line x1="${left}" x2="${right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}" stroke="#dddddd"/>`,
        text(left - 8, y(tick) + 4, String(tick), 'text-anchor="end"'),
      ]),
    `<text transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">microseconds</text>`,
  ];
}

function drawn({ model, closedForm, colour }: Series, x: Scale, y: Scale): string[] {
  const path = line<Point>()
    .x(([value]) => Number(fixed(x(value))))
    .y(([, time]) => Number(fixed(y(time))));
  return [
    `<path d="${path([...closedForm]) ?? ''}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    ...model.map(([value, time]) => `<circle cx="${fixed(x(value))}" cy="${fixed(y(time))}" r="4" fill="${colour}"/>`),
  ];
}

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${more === '' ? '' : ` ${more}`}>${escaped(content)}</text>`;
}

function fixed(coordinate: number): string {
  return coordinate.toFixed(1);
}

/** Characters that no XML document may hold, and those that {@link printable} leaves to terminals. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const NO_XML = /[\u001b\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escaped(content: string): string {
  return printable(content)
    .replaceAll(NO_XML, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
