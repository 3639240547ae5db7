/** What runs this application: the Electron binary, or the host on Chromium that stands in for it in tests. */
export const desktopRuntime = (): 'electron' | 'host' => ('gatehouse-host' in process.versions ? 'host' : 'electron')
