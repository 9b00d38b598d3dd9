// The cart for programs: GET shows it, POST {"item": "lamp"} adds to it, DELETE ends the session.
import { cartOf, getSession, ITEM } from '../../../lib/sessions.js';

export async function GET() {
  const { data } = await getSession();
  return Response.json(Object.fromEntries(cartOf(data)));
}

export async function POST(request) {
  const session = await getSession();
  const key = ITEM + (await request.json()).item;
  session.data[key] = (session.data[key] ?? 0) + 1;
  await session.save();
  return Response.json(Object.fromEntries(cartOf(session.data)), { status: 201 });
}

export async function DELETE() {
  const session = await getSession();
  await session.logout();
  return new Response(null, { status: 204 });
}
