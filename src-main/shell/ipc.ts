import { ipcMain } from 'electron'
import { registerChannels, type IpcPorts } from './ipc-registrar.ts'

/** The only place that has `ipcMain`: every channel goes through the one registrar. */
export function registerIpc(ports: Omit<IpcPorts, 'ipcMain'>): void {
  registerChannels({ ...ports, ipcMain })
}
