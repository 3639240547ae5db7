import { expect, test } from 'vitest'
import { applicationMenu } from './application-menu.ts'

function rolesOf(input: { packaged: boolean; platform: NodeJS.Platform }): string[] {
  const menu = applicationMenu({ ...input, colorScheme: 'dark', openAnotherProfile: () => undefined, setColorScheme: () => undefined })
  return menu.flatMap((item) => (Array.isArray(item.submenu) ? item.submenu : [item])).flatMap((item) => item.role ?? [])
}

test.for(['linux', 'win32', 'darwin'] as const)('on %s a packaged application has no developer tools and no reload', (platform) => {
  expect(rolesOf({ platform, packaged: true })).not.toEqual(expect.arrayContaining(['toggleDevTools']))
  expect(rolesOf({ platform, packaged: true })).not.toEqual(expect.arrayContaining(['reload']))
  expect(rolesOf({ platform, packaged: false })).toEqual(expect.arrayContaining(['reload', 'toggleDevTools']))
})

test('everybody can quit', () => {
  for (const platform of ['linux', 'darwin'] as const) {
    expect(rolesOf({ platform, packaged: true }).filter((role) => role === 'quit')).toHaveLength(1)
  }
})

test('the scheme in force is checked, and choosing another one says so', () => {
  const chosen: string[] = []
  const menu = applicationMenu({
    platform: 'linux',
    packaged: true,
    colorScheme: 'dark',
    openAnotherProfile: () => undefined,
    setColorScheme: (scheme) => chosen.push(scheme),
  })
  const items = menu.flatMap((item) => (Array.isArray(item.submenu) ? item.submenu : []))
  expect(items.filter((item) => item.checked).map((item) => item.label)).toEqual(['Dark'])
  // the item ignores what Electron passes
  const light = items.find((item) => item.id === 'color-scheme-light')?.click as (() => void) | undefined
  light?.()
  expect(chosen).toEqual(['light'])
})
