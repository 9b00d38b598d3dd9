// The name above each page. It asks for the session as the page does; both share one read.
import { getSession } from '../lib/sessions.js';

export default async function Layout({ children }) {
  const { subject } = await getSession();
  return (
    <html lang="en">
      <body>
        <header>{subject === null ? 'Nobody is logged in' : `Hello ${subject}`}</header>
        <main>{children}</main>
      </body>
    </html>
  );
}
