import type { IncomingMessage, ServerResponse } from 'node:http';

/** A text in two scripts, long enough to be scrolled. */
const TEXT = Array.from({ length: 60 }, (_, i) => `Line ${i + 1}. Dòng ${i + 1}. <b>not markup</b>`).join('\n');

/** Half a second of a tone: a WAV file of one channel. */
function tone(): Buffer {
  const rate = 8_000;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + rate, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(rate, 40);
  const samples = Int16Array.from({ length: rate / 2 }, (_, i) => 8_000 * Math.sin((i * Math.PI * 880) / rate));
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

/** Answers `/api/v1/content/…` as docs/api.md says, with content that does not depend on the item. */
export function content(url: URL, request: IncomingMessage, response: ServerResponse): boolean {
  const path = decodeURIComponent(url.pathname);
  const inline = url.searchParams.has('inline');
  const [type, body] = path.endsWith('.wav')
    ? ['audio/wav', tone()]
    : path.endsWith('.txt')
      ? ['text/plain; charset=utf-8', Buffer.from(TEXT)]
      : ['application/octet-stream', Buffer.from('bytes')];
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(range?.[1] ?? 0);
  const end = Math.min(body.length, Number(range?.[2] || body.length - 1) + 1);
  response
    .writeHead(range ? 206 : 200, {
      'content-type': type,
      'content-length': end - from,
      'accept-ranges': 'bytes',
      'content-disposition': inline ? 'inline' : 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      ...(range ? { 'content-range': `bytes ${from}-${end - 1}/${body.length}` } : {}),
    })
    .end(body.subarray(from, end));
  return true;
}
