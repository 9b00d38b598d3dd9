// Before each page of an account: who has not logged in goes to the front page. (Next.js before 16 calls this file middleware.js.)
import { NextResponse } from 'next/server';
import { verify } from './lib/sessions.js';

export const config = { matcher: '/account/:path*' };

export async function proxy(request) {
  const session = await verify(request);
  if (session === null || session.subject === null) return NextResponse.redirect(new URL('/', request.url), 303);
  return NextResponse.next();
}
