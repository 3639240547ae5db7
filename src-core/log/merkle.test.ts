import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFrontier, rootOf } from './merkle-frontier.ts'
import { emptyRoot, hexOf, leafHash, nodeHash, type Hash } from './merkle-hash.ts'
import { consistencyProof, inclusionProof, rootFromInclusion, verifyConsistency, verifyInclusion, type TreeHead } from './merkle-proof.ts'
import { consistencyRanges, foldNodes, inclusionRanges, nodesOf } from './merkle-range.ts'

/** The eight leaves that Certificate Transparency's reference tests use. */
const referenceLeaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) =>
  leafHash(Buffer.from(hex, 'hex')),
)
const referenceRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** RFC 9162, 2.1, word for word: slow, recursive, and the measure of everything else. */
const naive = {
  split: (size: number) => 2 ** (Math.ceil(Math.log2(size)) - 1),
  root(leaves: readonly Hash[]): Hash {
    const [only] = leaves
    if (!only) return emptyRoot
    if (leaves.length === 1) return only
    const k = naive.split(leaves.length)
    return nodeHash(naive.root(leaves.slice(0, k)), naive.root(leaves.slice(k)))
  },
  path(index: number, leaves: readonly Hash[]): Hash[] {
    if (leaves.length === 1) return []
    const k = naive.split(leaves.length)
    return index < k
      ? [...naive.path(index, leaves.slice(0, k)), naive.root(leaves.slice(k))]
      : [...naive.path(index - k, leaves.slice(k)), naive.root(leaves.slice(0, k))]
  },
  subproof(from: number, leaves: readonly Hash[], whole: boolean): Hash[] {
    if (from === leaves.length) return whole ? [] : [naive.root(leaves)]
    const k = naive.split(leaves.length)
    return from <= k
      ? [...naive.subproof(from, leaves.slice(0, k), whole), naive.root(leaves.slice(k))]
      : [...naive.subproof(from - k, leaves.slice(k), false), naive.root(leaves.slice(0, k))]
  },
}

const leavesOf = (count: number): Hash[] => Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)))
const hex = (hashes: readonly Hash[]) => hashes.map(hexOf)
const at = <T>(list: readonly T[], index: number): T => {
  const value = list[index]
  if (value === undefined) throw new Error(`nothing at ${index}`)
  return value
}
const flipped = (hash: Hash, bit: number): Hash => {
  const copy = Uint8Array.from(hash)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

describe('known values', () => {
  test('the empty tree has the hash of nothing', () => {
    expect(hexOf(rootOf([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
  test('an empty leaf', () => {
    expect(hexOf(leafHash(new Uint8Array()))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  })
  test.for(referenceRoots.map((root, index) => [index + 1, root] as const))('the root of %i reference leaves', ([count, root]) => {
    expect(hexOf(rootOf(referenceLeaves.slice(0, count)))).toBe(root)
  })
  test('the inclusion path of leaf 5 of 8, and of leaf 2 of 3', () => {
    expect(hex(inclusionProof(referenceLeaves, 5))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(hex(inclusionProof(referenceLeaves.slice(0, 3), 2))).toEqual([referenceRoots[1]])
  })
  test('the consistency path from 6 to 8', () => {
    expect(hex(consistencyProof(referenceLeaves, 6))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
  })
})

describe('against the recursive definition', () => {
  test('roots, paths and node decompositions of every size up to 70', () => {
    const all = leavesOf(70)
    const frontier = createFrontier()
    for (let size = 1; size <= 70; size += 1) {
      const leaves = all.slice(0, size)
      frontier.append(at(leaves, size - 1))
      const root = naive.root(leaves)
      expect(frontier.root()).toEqual(root)
      for (let index = 0; index < size; index += 1) {
        const path = inclusionProof(leaves, index)
        expect(path).toEqual(naive.path(index, leaves))
        expect(verifyInclusion({ leaf: at(leaves, index), index, size, root, path })).toBe(true)
        for (const range of inclusionRanges(index, size)) {
          const nodes = nodesOf(range).map(({ level, index: position }) =>
            naive.root(all.slice(position * 2 ** level, (position + 1) * 2 ** level)),
          )
          expect(foldNodes(nodes)).toEqual(naive.root(all.slice(range.start, range.end)))
        }
      }
      for (let from = 1; from <= size; from += 1) {
        const path = consistencyProof(leaves, from)
        expect(path).toEqual(naive.subproof(from, leaves, true))
        expect(verifyConsistency({ size: from, root: naive.root(leaves.slice(0, from)) }, { size, root }, path)).toBe(true)
      }
    }
  })

  test('positions beyond 32 bits', () => {
    const size = 2 ** 40 + 5
    expect(inclusionRanges(2 ** 40, size).at(-1)).toEqual({ start: 0, end: 2 ** 40 })
    expect(inclusionRanges(3, size)).toHaveLength(41)
    expect(nodesOf({ start: 2 ** 40, end: size })).toEqual([
      { level: 2, index: 2 ** 38 },
      { level: 0, index: 2 ** 40 + 4 },
    ])
    expect(consistencyRanges(2 ** 33, size).every(({ start, end }) => start < end)).toBe(true)
  })
})

describe('every other claim is refused', () => {
  const claim = fc.integer({ min: 1, max: 200 }).chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }))

  test('inclusion: any changed bit, place, size or length of the path', () => {
    fc.assert(
      fc.property(claim, fc.nat(255), fc.nat(), ({ size, index }, bit, pick) => {
        const leaves = leavesOf(size)
        const path = inclusionProof(leaves, index)
        const good = { leaf: at(leaves, index), index, size, root: rootOf(leaves), path }
        const changed = pick % (path.length + 1)
        const bad = [
          { ...good, leaf: flipped(good.leaf, bit) },
          { ...good, root: flipped(good.root, bit) },
          { ...good, path: path.map((hash, at) => (at === changed ? flipped(hash, bit) : hash)) },
          { ...good, path: [...path, good.leaf] },
          { ...good, path: path.slice(1) },
          { ...good, path: path.map((hash, at) => (at === changed ? hash.subarray(1) : hash)) },
          { ...good, index: (index + 1) % size },
          { ...good, index: size },
          { ...good, index: -1 },
          { ...good, index: index + 0.5 },
          { ...good, size: Number.MAX_SAFE_INTEGER + 2 },
        ]
        expect(verifyInclusion(good)).toBe(true)
        for (const other of bad) {
          const same = other.index === index && other.size === size && hex(other.path).join() === hex(path).join()
          const unchanged = same && hexOf(other.leaf) === hexOf(good.leaf) && hexOf(other.root) === hexOf(good.root)
          expect(verifyInclusion(other)).toBe(unchanged)
        }
      }),
    )
  })

  test('consistency: any changed bit, size or length of the path', () => {
    fc.assert(
      fc.property(claim, fc.nat(255), fc.nat(), ({ size, index }, bit, pick) => {
        const leaves = leavesOf(size)
        const from = { size: index + 1, root: rootOf(leaves.slice(0, index + 1)) }
        const to = { size, root: rootOf(leaves) }
        const path = consistencyProof(leaves, from.size)
        const changed = pick % Math.max(path.length, 1)
        const bad: [TreeHead, TreeHead, readonly Hash[]][] = [
          [{ ...from, root: flipped(from.root, bit) }, to, path],
          [from, { ...to, root: flipped(to.root, bit) }, path],
          [from, to, [...path, to.root]],
          ...(from.size === to.size ? [] : [[to, from, path] satisfies [TreeHead, TreeHead, Hash[]]]),
          ...(path.length === 0
            ? []
            : ([
                [from, to, path.map((hash, place) => (place === changed ? flipped(hash, bit) : hash))],
                [from, to, path.slice(1)],
                [from, to, path.slice(0, -1)],
              ] satisfies [TreeHead, TreeHead, Hash[]][])),
        ]
        expect(verifyConsistency(from, to, path)).toBe(true)
        expect(bad.filter((claimed) => verifyConsistency(...claimed))).toEqual([])
      }),
    )
  })

  test('from nothing to nothing, only the empty root is consistent', () => {
    const empty = { size: 0, root: emptyRoot }
    const invented = { size: 0, root: leafHash(Buffer.from('x')) }
    const one = { size: 1, root: leafHash(Buffer.from('x')) }
    expect(verifyConsistency(empty, empty, [])).toBe(true)
    expect(verifyConsistency(empty, one, [])).toBe(true)
    expect(verifyConsistency(invented, invented, [])).toBe(false)
    expect(verifyConsistency(invented, one, [])).toBe(false)
    expect(verifyConsistency(empty, one, [one.root])).toBe(false)
    expect(verifyConsistency(empty, { size: 0, root: one.root }, [])).toBe(false)
  })

  test('a tree of one leaf needs no path, and a path that is there is refused', () => {
    const leaf = leafHash(Buffer.from('x'))
    expect(rootFromInclusion(leaf, 0, 1, [])).toEqual(leaf)
    expect(rootFromInclusion(leaf, 0, 1, [leaf])).toBeUndefined()
    expect(rootFromInclusion(leaf, 0, 0, [])).toBeUndefined()
  })
})

describe('a frontier keeps what it was given', () => {
  test('a root that was told does not change with later leaves, nor with the memory that a leaf came in', () => {
    const frontier = createFrontier()
    const leaf = Uint8Array.from(referenceLeaves[0] ?? [])
    frontier.append(leaf)
    const first = frontier.root()
    leaf.fill(0)
    expect(hexOf(first)).toBe(referenceRoots[0])
    expect(hexOf(frontier.root())).toBe(referenceRoots[0])
    for (const other of referenceLeaves.slice(1)) frontier.append(other)
    expect(hexOf(first)).toBe(referenceRoots[0])
    expect(hexOf(frontier.root())).toBe(referenceRoots[7])
  })

  test('a leaf that is a piece of a large buffer does not keep the buffer', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const frontier = createFrontier()
    const pool = new WeakRef(appendPiece(frontier))
    // a reference that was just made holds until the next turn
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(pool.deref()).toBeUndefined()
    expect(frontier.size).toBe(1)
  })
})

function appendPiece(frontier: ReturnType<typeof createFrontier>): ArrayBufferLike {
  const pool = Buffer.alloc(65_536)
  frontier.append(pool.subarray(0, 32))
  return pool.buffer
}
