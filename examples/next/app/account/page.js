// The devices of who is logged in, and the ways out.
import { client, getSession } from '../../lib/sessions.js';
import { logout, logoutEverywhere } from '../actions.js';

export default async function Account() {
  const { subject } = await getSession();
  const { sessions } = await client.listSubject(subject);
  return (
    <>
      <h1>Devices</h1>
      <ul>
        {sessions.map(({ id, userAgent, lastSeenAt }) => (
          <li key={id}>{`${userAgent ?? 'a browser'}, last seen ${lastSeenAt}`}</li>
        ))}
      </ul>
      <form action={logout}>
        <button type="submit">Log out</button>
      </form>
      <form action={logoutEverywhere}>
        <button type="submit">Log out everywhere</button>
      </form>
    </>
  );
}
