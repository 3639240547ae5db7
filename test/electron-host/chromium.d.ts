export interface FoundChromium {
  executablePath: string
  /** what this machine needs; to be added to the caller's own arguments */
  args: string[]
}
/**
 * In this order: the path in GATEHOUSE_CHROMIUM; for headless use on Linux x64 the headless shell inside `@sparticuz/chromium`;
 * an installed Chromium or Chrome. Usable as `chromium.launch(await findChromium({ headless: true }))`.
 * @throws Error saying what to install
 */
export declare function findChromium(options: { headless: boolean }): Promise<FoundChromium>
