import { TextInput } from '@mantine/core'
import { CircleCheck, WifiOff } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatDateTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { gatewayAddressProblem } from '../sign-in/gateway-address.ts'
import styles from './settings.module.css'

/** The gateway's address. It changes only while nobody is signed in: a sign-in belongs to one gateway. */
export function GatewaySetting() {
  const { preferences, gateway, signIn } = useDesktopState()
  const [address, setAddress] = useState(preferences.gatewayUrl)
  const save = useDesktopMutation('preferences:set')
  const signedIn = signIn.state === 'signed-in'
  const problem = gatewayAddressProblem(address)
  const unchanged = address.trim() === preferences.gatewayUrl
  const reason = signedIn ? 'Sign out first: your sign-in belongs to this gateway.' : unchanged ? 'It is the same address.' : problem

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (reason === undefined) save.mutate({ gatewayUrl: address.trim() })
  }
  return (
    <form className={styles.gateway} onSubmit={submit} noValidate>
      <div className={styles.address}>
        <TextInput
          className="grow"
          label="Address"
          placeholder="https://gate.example.com"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          error={unchanged ? undefined : problem}
          readOnly={signedIn}
          spellCheck={false}
          classNames={{ input: 'mono' }}
        />
        <ReasonButton type="submit" reason={reason} loading={save.isPending}>
          Save
        </ReasonButton>
      </div>
      {save.error !== null && <ErrorNote error={save.error} />}
      <div className="row small t3">
        {gateway.reachable ? (
          <ToneMark icon={CircleCheck} tone="allowed" word="Reachable" />
        ) : (
          <ToneMark icon={WifiOff} tone="held" word="Cannot be reached" />
        )}
        {gateway.lastReachedAt !== undefined && !gateway.reachable && <span>last reached {formatDateTime(gateway.lastReachedAt)}</span>}
        {signedIn && <span>{reason}</span>}
      </div>
    </form>
  )
}
