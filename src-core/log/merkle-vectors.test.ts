import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createFrontier } from './merkle-frontier.ts'
import { hexOf, leafHash, nodeHash, type Hash } from './merkle-hash.ts'
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './merkle-proof.ts'

const hex = z.string().transform((text): Hash => Buffer.from(text, 'hex'))
const vectors = z
  .object({
    leaves: z.array(z.object({ entry: hex, hash: hex })),
    nodes: z.array(z.object({ left: hex, right: hex, hash: hex })),
    roots: z.array(hex),
    inclusion: z.array(z.object({ index: z.number(), size: z.number(), path: z.array(hex) })),
    consistency: z.array(z.object({ from: z.number(), to: z.number(), path: z.array(hex) })),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'merkle-vectors.json'), 'utf8')))

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))
const hexOfAll = (hashes: readonly Hash[]) => hashes.map(hexOf)
const rootAt = (size: number): Hash => vectors.roots[size] ?? Buffer.alloc(0)

describe('what another program computed', () => {
  test('leaves and nodes; left and right are told apart', () => {
    for (const { entry, hash } of vectors.leaves) expect(hexOf(leafHash(entry))).toBe(hexOf(hash))
    for (const { left, right, hash } of vectors.nodes) expect(hexOf(nodeHash(left, right))).toBe(hexOf(hash))
    expect(new Set(vectors.nodes.map(({ hash }) => hexOf(hash))).size).toBe(2)
  })

  test('the roots of 0 to 300 leaves', () => {
    const frontier = createFrontier()
    const roots = [hexOf(frontier.root())]
    for (const leaf of leaves) {
      frontier.append(leaf)
      roots.push(hexOf(frontier.root()))
    }
    expect(roots).toEqual(hexOfAll(vectors.roots))
  })

  test.for(vectors.inclusion)('inclusion of leaf $index in $size', ({ index, size, path }) => {
    expect(hexOfAll(inclusionProof(leaves.slice(0, size), index))).toEqual(hexOfAll(path))
    expect(verifyInclusion({ leaf: leaves[index]!, index, size, root: rootAt(size), path })).toBe(true)
  })

  test.for(vectors.consistency)('consistency from $from to $to', ({ from, to, path }) => {
    expect(hexOfAll(consistencyProof(leaves.slice(0, to), from))).toEqual(hexOfAll(path))
    expect(verifyConsistency({ size: from, root: rootAt(from) }, { size: to, root: rootAt(to) }, path)).toBe(true)
  })
})

/** What somebody does to a path who wants it to prove something else. */
const corruptions: Record<string, (path: readonly Hash[]) => readonly Hash[]> = {
  'a bit is flipped': (path) => path.with(0, Buffer.from(path[0]!.map((byte, at) => (at === 31 ? byte ^ 1 : byte)))),
  'its first hash is missing': (path) => path.slice(1),
  'its last hash is missing': (path) => path.slice(0, -1),
  'a hash is there twice': (path) => [path[0]!, ...path],
  'a hash is added behind': (path) => [...path, rootAt(2)],
  'a hash has 31 bytes': (path) => path.with(0, path[0]!.subarray(1)),
  'a hash has 33 bytes': (path) => path.with(0, Buffer.concat([path[0]!, Buffer.of(0)])),
  'it is turned round': (path) => path.toReversed(),
  'it is empty': () => [],
}
const isChanged = (path: readonly Hash[], other: readonly Hash[]) => hexOfAll(path).join() !== hexOfAll(other).join()

describe.for(Object.entries(corruptions))('a path is refused when %s', ([, corrupt]) => {
  test('inclusion', () => {
    for (const { index, size, path } of vectors.inclusion) {
      const leaf = leaves[index]!
      if (path.length === 0 || !isChanged(path, corrupt(path))) continue
      expect(verifyInclusion({ leaf, index, size, root: rootAt(size), path: corrupt(path) })).toBe(false)
    }
  })
  test('consistency', () => {
    for (const { from, to, path } of vectors.consistency) {
      if (path.length === 0 || !isChanged(path, corrupt(path))) continue
      const [older, newer] = [
        { size: from, root: rootAt(from) },
        { size: to, root: rootAt(to) },
      ]
      expect(verifyConsistency(older, newer, corrupt(path))).toBe(false)
    }
  })
})

describe('a claim is refused when', () => {
  test.for(vectors.inclusion.filter(({ size }) => size > 1))('inclusion of $index in $size is claimed for another place', (vector) => {
    const { index, size, path } = vector
    const good = { leaf: leaves[index]!, index, size, root: rootAt(size), path }
    // a tree of another size can have the same path, but then another root
    expect(verifyInclusion({ ...good, index: (index + 1) % size })).toBe(false)
    expect(verifyInclusion({ ...good, root: rootAt(size - 1) })).toBe(false)
    expect(verifyInclusion({ ...good, leaf: leaves[(index + 1) % size]! })).toBe(false)
    expect(verifyInclusion({ ...good, index: size })).toBe(false)
  })
  test.for(vectors.consistency.filter(({ from, to }) => from < to))('$from to $to is claimed of other trees', ({ from, to, path }) => {
    const [older, newer] = [
      { size: from, root: rootAt(from) },
      { size: to, root: rootAt(to) },
    ]
    expect(verifyConsistency({ ...older, root: rootAt(from - 1) }, newer, path)).toBe(false)
    expect(verifyConsistency(older, { ...newer, root: rootAt(to - 1) }, path)).toBe(false)
    expect(verifyConsistency(newer, older, path)).toBe(false)
    expect(verifyConsistency({ ...older, size: to }, newer, path)).toBe(false)
  })
})
