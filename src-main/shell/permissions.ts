import type { Session } from 'electron'

type PermissionSession = Pick<
  Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'setDisplayMediaRequestHandler'
>

/** Pages have no use for any permission: requests, checks, devices and screen capture are all denied. */
export function denyPermissions(session: PermissionSession): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  // no stream at all is how a capture is refused
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}))
}
