/** A request whose body comes in two parts: the second one when the test says so. */
import { request } from 'node:http';

export interface SlowRequest {
  /** Sends the rest and gives the answer. */
  readonly finish: () => Promise<{ status: number; text: string }>;
}

/** Sends the head and the first character of a body, with a Content-Length or in chunks. Resolves once it is on its way. */
export function sendSlowly(
  url: string,
  method: string,
  path: string,
  { body, headers = {}, chunked }: { body: string; headers?: Record<string, string>; chunked: boolean },
): Promise<SlowRequest> {
  const length: Record<string, string> = chunked
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': `${Buffer.byteLength(body)}` };
  const type = { 'Content-Type': 'application/json' };
  const sent = request(url + path, { method, agent: false, headers: { ...type, ...headers, ...length } });
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
  });
  // Who never finishes does not want to know.
  answered.catch(() => {});
  return new Promise((resolve) => {
    sent.write(body.slice(0, 1), () =>
      resolve({
        finish: () => {
          sent.end(body.slice(1));
          return answered;
        },
      }),
    );
  });
}
