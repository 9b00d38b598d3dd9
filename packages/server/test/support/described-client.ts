/** A client that holds every v1 answer it gets against the OpenAPI document of the server that gave it. */
import { type Answer, Client } from './client.ts';
import { Description } from './description.ts';

/** Most servers of a test process have the same document: it is compiled once. */
const known = new Map<string, Description>();

export class DescribedClient extends Client {
  private fetched: Promise<Description> | undefined;

  /** Sends a request. Rejects when no answer comes, and when the document does not promise the one that came. */
  override async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    if (!/^\/v1(?:[/?]|$)/.test(path)) return super.send(method, path, body, headers);
    // First, because afterwards the server may be as busy as a test wants it to be, or gone.
    const description = await this.description();
    const answer = await super.send(method, path, body, headers);
    description.check(method, path, answer);
    return answer;
  }

  /** Gives what the server says of itself. */
  description(): Promise<Description> {
    this.fetched ??= super.send('GET', '/openapi.json').then(({ text }) => {
      const description = known.get(text) ?? new Description(text);
      known.set(text, description);
      return description;
    });
    return this.fetched;
  }
}
