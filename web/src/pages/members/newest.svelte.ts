import { Table } from '../../state/table.svelte';
import { all } from './calls';

/** So many rows come at once. */
const PAGE = 500;

/** The newest rows of a list that is too long to come whole, and earlier ones when somebody wants them. */
export class Newest<A extends { seq: number }, R extends A> {
  /** Whether there may be earlier ones. */
  more = $state(false);
  readonly table: Table<R>;
  #rows: R[] = [];
  #before = Infinity;

  constructor(name: string, said: (row: A) => R) {
    this.table = new Table<R>(async () => {
      const before = this.#before;
      const query = { limit: `${PAGE}`, ...(before === Infinity ? {} : { before: `${before}` }) };
      const next = (await all<A>(name, query)).map(said);
      this.more = next.length === PAGE;
      this.#rows = [...this.#rows.filter(({ seq }) => seq >= before), ...next];
      return this.#rows;
    });
  }

  earlier(): void {
    this.#before = this.#rows.at(-1)?.seq ?? Infinity;
    void this.table.load();
  }
}
