/** A row as a grid sees it. */
export interface Shown<R> {
  readonly row: R;
  readonly gone: boolean;
}

/** Where a grid has its rows from. */
export interface RowSource<R> {
  readonly total: number;
  readonly changed: number;
  readonly ready: boolean;
  /** Names the order in which rows stand; a selection ends with it. */
  readonly order: string;
  /** Counts the lists that were shown one after the other. */
  readonly list: number;
  at(index: number): Shown<R> | undefined;
  look(first: number, end: number): void;
  sort(): void;
}
