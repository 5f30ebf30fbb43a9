/** Width and height of the square that curves are drawn in; it is stretched to where it stands. */
export const SIZE = 100;

/** The outline of a curve whose highest point is `top`, as the data of an SVG path: the newest value is at the right. */
export function outline(values: readonly number[], top: number, span: number): string {
  if (values.length === 0 || top <= 0) return '';
  const step = SIZE / Math.max(1, span - 1);
  const begin = SIZE - (values.length - 1) * step;
  const points = values.map((value, i) => `${round(begin + i * step)} ${round(SIZE - (value / top) * SIZE)}`);
  return `M${points.join('L')}`;
}

/** The area between a curve and the ground. */
export function area(values: readonly number[], top: number, span: number): string {
  const line = outline(values, top, span);
  if (!line) return '';
  const begin = SIZE - ((values.length - 1) * SIZE) / Math.max(1, span - 1);
  return `${line}L${SIZE} ${SIZE}L${round(begin)} ${SIZE}Z`;
}

/** A round figure at or above the highest value: 1, 2, 3 or 5 times a power of two of bytes, so that the scale rests. */
export function ceiling(values: readonly number[]): number {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  if (highest <= 0) return 0;
  const unit = 1024 ** Math.floor(Math.log2(highest) / 10);
  const steps = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1024];
  return unit * (steps.find((step) => highest <= step * unit) ?? 1024);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
