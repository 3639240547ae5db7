import { crc32, deflateSync } from 'node:zlib'

/** 4×7 digits, a bit per pixel, and a plus for "more than nine". */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  '1': [0b0010, 0b0110, 0b0010, 0b0010, 0b0010, 0b0010, 0b0111],
  '2': [0b0110, 0b1001, 0b0001, 0b0010, 0b0100, 0b1000, 0b1111],
  '3': [0b1110, 0b0001, 0b0001, 0b0110, 0b0001, 0b0001, 0b1110],
  '4': [0b0011, 0b0101, 0b1001, 0b1001, 0b1111, 0b0001, 0b0001],
  '5': [0b1111, 0b1000, 0b1110, 0b0001, 0b0001, 0b1001, 0b0110],
  '6': [0b0110, 0b1000, 0b1000, 0b1110, 0b1001, 0b1001, 0b0110],
  '7': [0b1111, 0b0001, 0b0010, 0b0010, 0b0100, 0b0100, 0b0100],
  '8': [0b0110, 0b1001, 0b1001, 0b0110, 0b1001, 0b1001, 0b0110],
  '9': [0b0110, 0b1001, 0b1001, 0b0111, 0b0001, 0b0001, 0b0110],
  '+': [0b0000, 0b0000, 0b0100, 0b1110, 0b0100, 0b0000, 0b0000],
}

const size = 32
type Color = readonly [red: number, green: number, blue: number, alpha: number]
const stone: Color = [0x8a, 0x93, 0xa3, 255]
const badge: Color = [0xb4, 0x6a, 0x00, 255]
const ink: Color = [255, 255, 255, 255]

/** A gatehouse, 32×32 as PNG; with requests waiting, an amber badge with their number. Readable on light and dark panels. */
export function drawTrayIcon(waiting: number): Buffer {
  const pixels = Buffer.alloc(size * size * 4)
  const fill = (inside: (x: number, y: number) => boolean, color: Color) => {
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) if (inside(x, y)) pixels.set(color, (y * size + x) * 4)
  }
  const isBattlement = (x: number, y: number) => y >= 4 && y < 9 && x >= 4 && x < 28 && (x - 4) % 8 < 5
  const isWall = (x: number, y: number) => y >= 9 && y < 29 && x >= 4 && x < 28
  const isGate = (x: number, y: number) => x >= 11 && x < 21 && (y >= 20 || (x - 15.5) ** 2 + (y - 20) ** 2 <= 26)
  fill((x, y) => (isBattlement(x, y) || isWall(x, y)) && !isGate(x, y), stone)
  fill((x, y) => isGate(x, y) && y >= 15 && y < 29 && (x - 11) % 3 === 0, stone)
  if (waiting > 0) {
    fill((x, y) => (x - 22.5) ** 2 + (y - 9.5) ** 2 <= 90, badge)
    const rows = glyphs[waiting > 9 ? '+' : String(waiting)] ?? []
    // each glyph pixel is two by two
    fill((x, y) => (((rows[Math.floor((y - 3) / 2)] ?? 0) >> (3 - Math.floor((x - 19) / 2))) & 1) === 1 && x >= 19 && x < 27 && y >= 3, ink)
  }
  return encodePng(pixels)
}

function encodePng(pixels: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // 8 bits per channel, red-green-blue-alpha
  header.set([8, 6, 0, 0, 0], 8)
  const rows = Array.from({ length: size }, (_, y) => Buffer.concat([Buffer.from([0]), pixels.subarray(y * size * 4, (y + 1) * size * 4)]))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
