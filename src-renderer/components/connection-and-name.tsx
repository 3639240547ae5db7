import { Select, TextInput } from '@mantine/core'
import { useDesktopQuery } from '../api/use-desktop-query.ts'

interface ConnectionAndNameProps {
  values: { connection: string; title: string }
  errors: { connection?: string | undefined; title?: string | undefined }
  /** the rule is there already: it stays with its connection */
  settled: boolean
  placeholder: string
  descriptions?: { connection: string; title: string }
  onChange: (values: { connection?: string; title?: string }) => void
}

/** What every rule of a connection starts with: which connection, and how people call the rule. */
export function ConnectionAndName({ values, errors, settled, placeholder, descriptions, onChange }: ConnectionAndNameProps) {
  const connections = useDesktopQuery('connections:list')
  return (
    <div className="pair">
      <Select
        label="Connection"
        description={descriptions?.connection}
        placeholder="Choose a connection"
        searchable
        disabled={settled}
        value={values.connection || null}
        onChange={(connection) => onChange({ connection: connection ?? '' })}
        data={(connections.data ?? []).map(({ name }) => name)}
        error={errors.connection ?? (connections.isError ? connections.error.message : undefined)}
        data-autofocus={settled ? undefined : true}
      />
      <TextInput
        label="Name"
        description={descriptions?.title}
        placeholder={placeholder}
        value={values.title}
        onChange={(event) => onChange({ title: event.currentTarget.value })}
        error={errors.title}
        maxLength={120}
        data-autofocus={settled || undefined}
      />
    </div>
  )
}
