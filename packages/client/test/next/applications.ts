/** What an author writes in strict TypeScript needs no cast. It is compiled, and not run. */
import { cookies, headers } from 'next/headers';
import { type NextRequest, NextResponse } from 'next/server';
import { createNextSessions } from 'rest-sessions-client/next';

const { getSession, verify } = createNextSessions({ url: 'http://127.0.0.1:3000', app: 'shop', cookies, headers });

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const session = await verify(request);
  return session === null ? NextResponse.redirect(new URL('/login', request.url)) : NextResponse.next();
}

export async function login(form: FormData): Promise<void> {
  const session = await getSession();
  session.data.greeted = true;
  await session.login(String(form.get('user')), { label: 'laptop' });
}
