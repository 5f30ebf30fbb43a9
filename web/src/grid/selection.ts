/** Rows from `from` up to, and without, `end`. */
export interface Range {
  readonly from: number;
  readonly end: number;
}

/**
 * Selected rows of a frozen order, as ranges: all of 1,000,000 rows are one.
 *
 * The ranges are sorted, and between two of them lies at least one row. The anchor is where a range begins that is
 * drawn with Shift. Every change makes a new value.
 */
export class Selection {
  static readonly none = new Selection([], 0);

  readonly ranges: readonly Range[];
  readonly anchor: number;

  private constructor(ranges: readonly Range[], anchor: number) {
    this.ranges = ranges;
    this.anchor = anchor;
  }

  get size(): number {
    return this.ranges.reduce((sum, range) => sum + range.end - range.from, 0);
  }

  has(row: number): boolean {
    return this.ranges.some((range) => range.from <= row && row < range.end);
  }

  /** The rows in order, at most `most` of them. */
  rows(most: number): number[] {
    const rows: number[] = [];
    for (const { from, end } of this.ranges) {
      for (let row = from; row < end && rows.length < most; row++) rows.push(row);
    }
    return rows;
  }

  /** That row alone. */
  only(row: number): Selection {
    return new Selection([{ from: row, end: row + 1 }], row);
  }

  all(total: number): Selection {
    return new Selection(total > 0 ? [{ from: 0, end: total }] : [], this.anchor);
  }

  toggle(row: number): Selection {
    const one = { from: row, end: row + 1 };
    return new Selection(this.has(row) ? without(this.ranges, one) : joined(this.ranges, one), row);
  }

  /** Everything between the anchor and the row, and nothing else. */
  extend(row: number): Selection {
    const range = { from: Math.min(this.anchor, row), end: Math.max(this.anchor, row) + 1 };
    return new Selection([range], this.anchor);
  }

  /** No row at or after `total`. */
  within(total: number): Selection {
    const ranges = this.ranges
      .filter((range) => range.from < total)
      .map((range) => ({ from: range.from, end: Math.min(range.end, total) }));
    return new Selection(ranges, Math.min(this.anchor, Math.max(0, total - 1)));
  }
}

function joined(ranges: readonly Range[], added: Range): Range[] {
  let { from, end } = added;
  const apart = ranges.filter((range) => {
    if (range.end < added.from || range.from > added.end) return true;
    from = Math.min(from, range.from);
    end = Math.max(end, range.end);
    return false;
  });
  return [...apart, { from, end }].sort((a, b) => a.from - b.from);
}

function without(ranges: readonly Range[], taken: Range): Range[] {
  return ranges.flatMap((range) => [
    ...(range.from < taken.from ? [{ from: range.from, end: Math.min(range.end, taken.from) }] : []),
    ...(range.end > taken.end ? [{ from: Math.max(range.from, taken.end), end: range.end }] : []),
  ]);
}
