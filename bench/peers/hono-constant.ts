/**
 * The floor of our framework: Hono on @hono/node-server, one route, one constant answer. What our server costs beyond
 * this is ours. The answer is a copy of a real one (body and headers), so both write the same bytes.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const text = process.env.BODY!;
const headers = JSON.parse(process.env.HEADERS!) as Record<string, string>;

const app = new Hono();
app.get('/:app/get/:token', () => new Response(text, { headers }));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
  console.log(`listens on http://127.0.0.1:${port}`);
});
