// What all pages share in the browser: the way to the others, and the button that adds 20 items by 20 requests at once.
const page = document.body.dataset.page;
const { pages } = await (await fetch('/pages.json')).json();

document.querySelector('nav').append(
  ...pages.map((name) => {
    const link = Object.assign(document.createElement('a'), { href: `/${name.toLowerCase()}/`, textContent: name });
    link.dataset.page = name;
    if (name === page) link.setAttribute('aria-current', 'page');
    return link;
  }),
);

document.querySelector('#add-many')?.addEventListener('click', async () => {
  const add = (_, i) => fetch('add', { method: 'POST', body: new URLSearchParams({ item: `${page} ${i + 1}` }) });
  await Promise.all(Array.from({ length: 20 }, add));
  location.reload();
});
