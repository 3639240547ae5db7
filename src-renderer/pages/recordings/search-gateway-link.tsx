import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { TextSearch } from 'lucide-react'
import { useHasRole } from '../../api/use-desktop-state.ts'

/** For those who may see what the gateway recorded. */
export function SearchGatewayLink() {
  const navigate = useNavigate()
  return (
    useHasRole('auditor', 'administrator') && (
      <Button variant="default" leftSection={<TextSearch aria-hidden />} onClick={() => void navigate({ to: '/recordings/search' })}>
        Search the gateway
      </Button>
    )
  )
}
