import { crc32, inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { drawTrayIcon } from './tray-icon.ts'

function chunksOf(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    const body = png.subarray(at + 4, at + 8 + length)
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body))
    chunks.set(body.subarray(0, 4).toString('latin1'), body.subarray(4))
    at += 12 + length
  }
  return chunks
}

const pixelsOf = (waiting: number): Buffer => inflateSync(chunksOf(drawTrayIcon(waiting)).get('IDAT') ?? Buffer.alloc(0))

test('it is a 32×32 PNG with transparency', () => {
  const chunks = chunksOf(drawTrayIcon(3))
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND'])
  expect([...(chunks.get('IHDR') ?? [])]).toEqual([0, 0, 0, 32, 0, 0, 0, 32, 8, 6, 0, 0, 0])
  expect(pixelsOf(3).length).toBe(32 * (32 * 4 + 1))
})

test('every count up to nine looks different, and more look like "more"', () => {
  const pictures = Array.from({ length: 11 }, (_, waiting) => pixelsOf(waiting).toString('base64'))
  expect(new Set(pictures.slice(0, 11)).size).toBe(11)
  expect(pixelsOf(25).equals(pixelsOf(10))).toBe(true)
})
