import { createHash } from 'node:crypto'
import type { JsonObject } from '../json/json-value.ts'
import { controls } from './controls.ts'

export interface OscalInput {
  gateway: string
  /** RFC 3339 */
  from: string
  to: string
  collected: string
  /** path in the pack → SHA-256 (hex), of all that this document is about; the manifest names this document's own hash, so it is not among them */
  files: ReadonlyMap<string, string>
}

const oscalVersion = '1.2.1'
const manifest = 'manifest.json'

function hashOf(files: OscalInput['files']): string {
  const lines = [...files].map(([path, hash]) => `${hash}  ${path}\n`).toSorted()
  return createHash('sha256').update(lines.join('')).digest('hex')
}

/**
 * OSCAL assessment results: what was collected for each criterion, as observations with hashed evidence. It never says that a control is
 * satisfied: that is the auditor's to say.
 */
export function oscalResults({ gateway, from, to, collected, files }: OscalInput): JsonObject {
  // all ids are made of it, so that the same pack gives the same document
  const contents = hashOf(files)
  const id = (name: string) => uuidOf(contents, name)
  const held = controls.filter((control) => control.files.some((file) => files.has(file)))
  const resources = [
    { uuid: id(`resource ${manifest}`), title: manifest, rlinks: [{ href: manifest }] },
    ...[...files].map(([path, hash]) => ({
      uuid: id(`resource ${path}`),
      title: path,
      rlinks: [{ href: path, hashes: [{ algorithm: 'SHA-256', value: hash }] }],
    })),
  ]
  return {
    'assessment-results': {
      uuid: id('assessment-results'),
      metadata: {
        title: `Evidence of the Gatehouse gateway ${gateway}`,
        'last-modified': collected,
        version: contents.slice(0, 12),
        'oscal-version': oscalVersion,
      },
      'import-ap': {
        href: `#${id(`resource ${manifest}`)}`,
        remarks: 'No assessment plan came with the request; the query stands in the manifest.',
      },
      results: [
        {
          uuid: id('result'),
          title: 'Collected evidence',
          description: 'Records of the gateway in the period. Whether a control is met is for the auditor to say.',
          start: from,
          end: to,
          'reviewed-controls': {
            'control-selections': [{ 'include-controls': held.map((control) => ({ 'control-id': control.id.toLowerCase() })) }],
          },
          observations: held.map((control) => ({
            uuid: id(`observation ${control.id}`),
            title: `${control.id}: ${control.title}`,
            description: control.evidence,
            methods: ['EXAMINE'],
            types: ['control-objective'],
            'relevant-evidence': control.files
              .filter((file) => files.has(file))
              .map((file) => ({ href: `#${id(`resource ${file}`)}`, description: file })),
            collected,
            remarks: `How to try it: ${control.test}`,
          })),
        },
      ],
      'back-matter': { resources },
    },
  }
}

/** A UUID of version 5 (RFC 9562, 5.5), its name space being the one for URLs. */
function uuidOf(contents: string, name: string): string {
  const space = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')
  const bytes = createHash('sha1').update(space).update(`urn:sha256:${contents}#${name}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
