import type { components } from './peer.gen';

export type Code = components['schemas']['Code'];
export type Item = components['schemas']['Item'];

/** What the page itself can find wrong, beside the codes of the API. */
export type LocalCode = 'unreachable' | 'unreadable';

/** A refusal: `application/problem+json` (RFC 9457), or a server that does not answer. */
export class Problem extends Error {
  /** What kind it is, for the program. */
  readonly code: Code | LocalCode;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined;
  /** A free name to save under, of code `exists`. */
  readonly freeName: string | undefined;
  /** The items that were meant, of code `ambiguous`. */
  readonly variants: Item[];

  constructor(code: Code | LocalCode, detail: string, status = 0, more: Partial<Details> = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.retryAfter = more.retry_after ?? undefined;
    this.freeName = more.free_name ?? undefined;
    this.variants = more.variants ?? [];
  }

  /** Reads the body of a refusal, whatever sent it: a proxy on the way speaks HTML. */
  static from(status: number, body: unknown): Problem {
    if (!isDetails(body)) return new Problem('unreadable', `HTTP ${status}`, status);
    return new Problem(body.code, body.detail ?? body.title ?? `HTTP ${status}`, status, body);
  }
}

type Details = components['schemas']['ProblemDetails'];

function isDetails(body: unknown): body is Details {
  return typeof body === 'object' && body !== null && typeof (body as { code?: unknown }).code === 'string';
}

/** Whatever was thrown, as a problem that can be shown. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem('other', thrown instanceof Error ? thrown.message : String(thrown));
}
