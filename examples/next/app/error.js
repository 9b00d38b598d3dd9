'use client';
// A lost session server is not a log out: an error page, and the cookie stays.
export default function Lost({ reset }) {
  return (
    <>
      <h1>Please try again in a moment</h1>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </>
  );
}
