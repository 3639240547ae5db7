/** The host has no store of secrets, and says so; nothing is veiled in its place. */
class SafeStorage {
  isEncryptionAvailable(): boolean {
    return false
  }

  getSelectedStorageBackend(): 'basic_text' {
    return 'basic_text'
  }

  encryptString(_text: string): Buffer {
    throw new Error('the host has no store of secrets')
  }

  decryptString(_sealed: Buffer): string {
    throw new Error('the host has no store of secrets')
  }
}

export const safeStorage = new SafeStorage()
