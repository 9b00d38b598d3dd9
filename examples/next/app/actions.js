'use server';
// What the forms do. Actions may change the session, because they can set its cookie.
import { redirect } from 'next/navigation';
import { getSession, ITEM } from '../lib/sessions.js';

export async function addToCart(form) {
  const session = await getSession();
  const key = ITEM + form.get('item');
  session.data[key] = (session.data[key] ?? 0) + 1;
  await session.save();
  redirect('/');
}

// A new token: whoever planted the guest's has nothing. The cart goes along.
export async function login(form) {
  const session = await getSession();
  await session.login(form.get('user'));
  redirect('/account');
}

export async function logout() {
  const session = await getSession();
  await session.logout();
  redirect('/');
}

export async function logoutEverywhere() {
  const session = await getSession();
  await session.logoutEverywhere();
  redirect('/');
}
