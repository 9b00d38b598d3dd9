/** What is shown, as a file of one JSON object a line. */
export function downloadLines(name: string, items: readonly unknown[]): void {
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');
  const address = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replaceAll(/[^\w.-]+/g, '-')}.ndjson`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
