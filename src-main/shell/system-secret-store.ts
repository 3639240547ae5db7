import { safeStorage } from 'electron'
import type { SecretStore } from '../services/reviewer-key.ts'

/** Keychain, DPAPI, or the secret service of a Linux desktop. Without the last, Electron would only veil what is stored: that is no store. */
export function systemSecretStore(): SecretStore | undefined {
  const veils = process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text'
  if (veils || !safeStorage.isEncryptionAvailable()) return undefined
  return { seal: (text) => safeStorage.encryptString(text), open: (sealed) => safeStorage.decryptString(sealed) }
}
