import { Fragment } from 'react'
import { useDesktopState } from '../api/use-desktop-state.ts'
import { Dialog } from '../components/dialog.tsx'
import { KeyHint } from '../components/key-hint.tsx'
import styles from './shortcuts-dialog.module.css'

/** keys that are pressed one after the other, or each by itself, and what they do */
type Shortcut = readonly [keys: readonly string[], does: string]

const groups: readonly { title: string; shortcuts: readonly Shortcut[] }[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      [['Mod K'], 'search, open, run a command'],
      [['?'], 'this list'],
      [['Tab', 'Shift Tab'], 'to the next and the previous control'],
      [['Esc'], 'closes what is open, empties a search'],
    ],
  },
  {
    title: 'Lists, tables, trees',
    shortcuts: [
      [['↑', '↓', 'Home', 'End'], 'move'],
      [['Enter'], 'opens'],
      [['Space'], 'selects a row'],
      [['→', '←'], 'open and close a branch of a tree'],
    ],
  },
  {
    title: 'Inbox and tools',
    shortcuts: [
      [['J', 'K'], 'next, previous'],
      [['A'], 'approve, after a question'],
      [['D'], 'deny, after a question'],
      [['W'], 'watch the session'],
    ],
  },
  {
    title: 'Replay',
    shortcuts: [
      [['Space'], 'play, pause'],
      [['←', '→'], 'one message back, forward'],
      [['Shift ←', 'Shift →'], 'one call back, forward'],
      [['/'], 'find in messages; Enter goes to the next hit'],
    ],
  },
  {
    title: 'Policy and masking editor',
    shortcuts: [
      [['Ctrl Space'], 'what may stand here'],
      [['Esc', 'Tab'], 'one after the other: leave the editor'],
    ],
  },
]

/** All keys that do something, in one place. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { platform } = useDesktopState()
  const capOf = (key: string): string => key.replace('Mod', platform === 'darwin' ? '⌘' : 'Ctrl')
  return (
    <Dialog onClose={onClose} title="Keyboard shortcuts" size={640}>
      <div className={styles.groups}>
        {groups.map(({ title, shortcuts }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl className={styles.list}>
              {shortcuts.map(([keys, does]) => (
                <Fragment key={does}>
                  <dt>
                    {keys.map((key) => (
                      <KeyHint key={key}>{capOf(key)}</KeyHint>
                    ))}
                  </dt>
                  <dd className="t2">{does}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
