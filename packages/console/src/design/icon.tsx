/** Icons, drawn here: 16 × 16, lines only. They are never the only sign of something, so they are hidden from screen readers. */
const SHAPES = {
  search: 'M7 12.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM11 11l3.5 3.5',
  overview: 'M2 13.5V9m4 4.5V5m4 8.5V7.5m4 6V2.5',
  events: 'M1.5 8.5h3l2-5 3 9 2-5.5h3',
  bulk: 'M2 4h12M2 8h7M2 12h5m4.5-1 3 3m0-3-3 3',
  policy: 'M8 1.5 13.5 4v4c0 3.4-2.3 5.6-5.5 6.5C4.800 13.600 2.500 11.400 2.500 8V4Z',
  webhooks: 'M5 9a3 3 0 1 0 3 3h4m-1-3a3 3 0 1 1-2.500 4.500M8 4a2 2 0 1 1 3 1.700L9.500 8',
  keys: 'M10.500 9a3.500 3.500 0 1 0-3.300-2.300L2 12v2h2.500v-1.500H6V11l1.700-1.700A3.500 3.500 0 0 0 10.500 9Zm.5-4v.01',
  audit: 'M4 1.500h6l2.500 2.500v10.500H4ZM6.500 7h3.500M6.500 10h3.500',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.500 6c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500',
  device: 'M2 3h12v8H2ZM5.500 14h5M8 11v3',
  phone: 'M4.500 1.500h7v13h-7ZM7.500 12.500h1',
  program: 'M2 3h12v10H2Zm2.500 3L6.500 8l-2 2M8 10.500h3',
  close: 'm4 4 8 8m0-8-8 8',
  menu: 'M2 4h12M2 8h12M2 12h12',
  check: 'm3 8.500 3.500 3.500L13 4.500',
  warn: 'M8 2 14.500 13.500h-13ZM8 6.500v3m0 2v.01',
  info: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM8 7.500v3.500m0-6v.01',
  away: 'M2 2l12 12M4.500 7.500A6 6 0 0 1 6 6.600m5.500.9A6 6 0 0 0 9 6M6.500 10a2.500 2.500 0 0 1 3 0M8 13v.01M1.500 5A9 9 0 0 1 4 3.400m10.500 1.600A9 9 0 0 0 7 2.600',
  lock: 'M3.500 7h9v7h-9ZM5.500 7V4.500a2.500 2.500 0 0 1 5 0V7',
  empty: 'M2 9.500 4 3h8l2 6.500v4H2Zm0 0h3.500l1 2h3l1-2H14',
  download: 'M8 2v8m0 0L4.500 6.500M8 10l3.500-3.500M2.500 13.500h11',
  reload: 'M13.500 3v3.500H10M13 6A5.500 5.500 0 1 0 13.500 9',
  chevron: 'm4.500 6 3.500 3.500L11.500 6',
  back: 'M10 3.500 5.500 8l4.500 4.500',
  next: 'M6 3.500 10.500 8 6 12.500',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z',
  clock: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM8 4v4l2.500 2',
  language:
    'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM1.500 8h13M8 1.500c2 2 2.500 4 2.500 6.500S10 12.500 8 14.500C6 12.500 5.500 10.500 5.500 8S6 3.500 8 1.500Z',
  keyboard: 'M1.500 4h13v8h-13ZM4 6.500v.01M6.500 6.500v.01M9 6.500v.01M11.500 6.500v.01M5 9.500h6',
  out: 'M6 2.500H2.500v11H6M10.500 11l3-3-3-3m3 3H6',
  end: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM5.500 5.500l5 5m0-5-5 5',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
