/** A plain HTTP client for tests: keep-alive, the path sent as given, never rejects on a status. */
import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private readonly base: URL;

  constructor(url: string) {
    this.base = new URL(url);
  }

  /** Sends a request; a body that is not text is sent as JSON. Rejects only when no answer comes. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type =
      text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` };
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.base;
      const options = { host: hostname, port, method, path, agent: this.agent, headers: { ...type, ...headers } };
      const sent = request(options, (answer) => {
        let received = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          received += chunk;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: received, json: parse(received) });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** Creates a session by the classic route and gives its token. */
  async create(app: string, id: string, data?: unknown): Promise<string> {
    const { status, text, json } = await this.send(
      'PUT',
      `/${app}/create/${encodeURIComponent(id)}?ip=192.168.99.22`,
      data,
    );
    if (status !== 200) throw new Error(`create: ${status} ${text}`);
    return json.token;
  }

  close(): void {
    this.agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
