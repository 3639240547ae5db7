import { Button, TextInput } from '@mantine/core'
import { Link, Navigate, useMatchRoute } from '@tanstack/react-router'
import { Copy, ExternalLink, LogIn, ShieldCheck, WifiOff } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { gatewayAddressProblem } from './gateway-address.ts'
import styles from './sign-in-page.module.css'

/** Where the person names their gateway and starts the sign-in; it happens in the system browser. */
export function SignInPage() {
  const { signIn } = useDesktopState()
  const onItsOwnAddress = useMatchRoute()({ to: '/sign-in' }) !== false
  if (signIn.state === 'signed-in' && onItsOwnAddress) return <Navigate to="/" replace />
  return (
    <div className={styles.page}>
      <div className={styles.box}>{signIn.state === 'waiting' ? <Waiting url={signIn.url} /> : <Start />}</div>
    </div>
  )
}

function Start() {
  const { gateway, preferences, signIn } = useDesktopState()
  const [address, setAddress] = useState(preferences.gatewayUrl)
  const [checked, setChecked] = useState(false)
  const setPreferences = useDesktopMutation('preferences:set')
  const start = useDesktopMutation('identity:sign-in')
  const problem = gatewayAddressProblem(address)
  const failed = start.error ?? setPreferences.error
  const refused = signIn.state === 'signed-out' ? signIn.error : undefined

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem !== undefined) return
    const gatewayUrl = address.trim()
    if (gatewayUrl === preferences.gatewayUrl) start.mutate(undefined)
    else setPreferences.mutate({ gatewayUrl }, { onSuccess: () => start.mutate(undefined) })
  }

  return (
    <>
      <h1 className={styles.title}>Sign in to Gatehouse</h1>
      <p className="t2">
        Your browser opens and asks your organisation’s identity provider. Gatehouse sees neither your password nor any MCP credential.
      </p>
      {refused !== undefined && start.isIdle && (
        <Note tone="denied" title={refused.message} alert>
          {refused.remedy}
        </Note>
      )}
      {failed !== null && <ErrorNote error={failed} />}
      {!gateway.reachable && preferences.gatewayUrl !== '' && (
        <Note tone="held" icon={WifiOff} title="The gateway cannot be reached.">
          Check the network, or try anyway. What is on this computer works without it: <Link to="/recordings">open the recordings</Link>.
        </Note>
      )}
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextInput
          label="Gateway"
          description="The address that your administrator gave you."
          placeholder="https://gate.example.com"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          error={checked ? problem : undefined}
          autoComplete="url"
          spellCheck={false}
          classNames={{ input: 'mono' }}
          data-autofocus
        />
        <div className="row">
          <Button type="submit" variant="filled" loading={start.isPending || setPreferences.isPending} leftSection={<LogIn aria-hidden />}>
            Sign in
          </Button>
          <span className="small t3">in your browser</span>
        </div>
      </form>
      <p className={`${styles.promise} small t3`}>
        <ShieldCheck className="small" aria-hidden />
        Tokens stay in memory and work on this computer only. Quitting Gatehouse ends your sessions.
      </p>
    </>
  )
}

function Waiting({ url }: { url: string }) {
  const cancel = useDesktopMutation('identity:cancel-sign-in')
  const { copied, copy } = useCopy()
  return (
    <>
      <h1 className={styles.title}>Finish signing in, in your browser</h1>
      <p className="t2">Gatehouse waits for the answer of your identity provider. This page continues by itself.</p>
      <div className={styles.form}>
        <div role="status" className={styles.progress} aria-label="Waiting for the browser" />
        <TextInput
          label="No browser window? Open this address by hand"
          value={url}
          readOnly
          classNames={{ input: 'mono' }}
          onFocus={(event) => event.currentTarget.select()}
          leftSection={<ExternalLink className="small" aria-hidden />}
          description="It works once, for this window only."
        />
        <div className="row">
          <Button leftSection={<Copy className="small" aria-hidden />} onClick={() => copy(url)}>
            {copied ? 'Copied' : 'Copy address'}
          </Button>
          <Button variant="quiet" onClick={() => cancel.mutate(undefined)} loading={cancel.isPending}>
            Cancel
          </Button>
        </div>
      </div>
    </>
  )
}
