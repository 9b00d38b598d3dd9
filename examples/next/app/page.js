// The shop: a cart, and a login.
import Link from 'next/link';
import { cartOf, getSession, ITEM } from '../lib/sessions.js';
import { addToCart, login } from './actions.js';

export default async function Shop() {
  const { data, subject } = await getSession();
  return (
    <>
      <h1>Shop</h1>
      <ul>
        {cartOf(data).map(([key, count]) => (
          <li key={key}>{`${key.slice(ITEM.length)}: ${count}`}</li>
        ))}
      </ul>
      <form action={addToCart}>
        <label>
          Item <input name="item" required />
        </label>
        <button type="submit">Add</button>
      </form>
      {subject === null ? (
        <form action={login}>
          <label>
            Name <input name="user" required />
          </label>
          <button type="submit">Log in</button>
        </form>
      ) : (
        <Link href="/account">Account</Link>
      )}
    </>
  );
}
