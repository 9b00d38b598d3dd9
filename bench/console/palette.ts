/**
 * Makes a picture of a page smaller: a PNG with a palette of 256 colours, without a program of others. Pages have few colours; what has
 * more (the edges of letters) gets the nearest of those that are there most. Formats: PNG (ISO 15948), 8 bits, RGB or RGBA without
 * interlacing, as Chromium writes it. What is seen through is not kept.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
/** Bits of each colour that is counted: neighbours count as one. */
const KEPT_BITS = 6;

/** Gives the same picture with a palette. Errors: a picture of another kind. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = paletteOf(counts);
  const nearest = new Map<number, number>();
  const indexOf = (pixel: number) => {
    const known = nearest.get(pixel);
    if (known !== undefined) return known;
    const index = nearestIn(palette, pixel);
    nearest.set(pixel, index);
    return index;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = indexOf(pixels[y * width + x]!);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((pixel) => [pixel >> 16, (pixel >> 8) & 255, pixel & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The colours that are there most, one for each place in a coarser cube first, so that no kind of colour is left out. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const most = [...counts].sort((a, b) => b[1] - a[1]).map(([pixel]) => pixel);
  const cells = new Set<number>();
  const chosen: number[] = [];
  for (const pixel of most) {
    const shift = 8 - KEPT_BITS;
    const cell = ((pixel >> (16 + shift)) << 12) | (((pixel >> (8 + shift)) & 63) << 6) | ((pixel & 255) >> shift);
    if (cells.has(cell)) continue;
    cells.add(cell);
    if (chosen.push(pixel) === COLOURS) return chosen;
  }
  const known = new Set(chosen);
  return [...chosen, ...most.filter((pixel) => !known.has(pixel))].slice(0, COLOURS);
}

function nearestIn(palette: readonly number[], pixel: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [index, colour] of palette.entries()) {
    const [red, green, blue] = [
      (colour >> 16) - (pixel >> 16),
      ((colour >> 8) & 255) - ((pixel >> 8) & 255),
      (colour & 255) - (pixel & 255),
    ];
    const distance = 3 * red * red + 6 * green * green + blue * blue;
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

/** Gives the pixels as 0xRRGGBB, row by row. */
function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [bits, kind, , , interlaced] = png.subarray(24, 29);
  const bytes = { 2: 3, 6: 4 }[kind!];
  if (bits !== 8 || bytes === undefined || interlaced !== 0) throw new Error('a PNG of another kind');
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * bytes;
  let above = new Uint8Array(stride);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1);
    const row = unfiltered(raw[from]!, raw.subarray(from + 1, from + 1 + stride), above, bytes);
    for (let x = 0; x < width; x++) {
      const i = x * bytes;
      pixels[y * width + x] = (row[i]! << 16) | (row[i + 1]! << 8) | row[i + 2]!;
    }
    above = row;
  }
  return { width, height, pixels };
}

/** Takes the filter off a row. `bytes`: of one pixel. */
function unfiltered(filter: number, row: Uint8Array, above: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(row.length);
  for (let i = 0; i < row.length; i++) {
    const left = i < bytes ? 0 : out[i - bytes]!;
    const up = above[i]!;
    const corner = i < bytes ? 0 : above[i - bytes]!;
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
    out[i] = (row[i]! + guess) & 255;
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function chunk(type: string, data: Buffer): Buffer {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
