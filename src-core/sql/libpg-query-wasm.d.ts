/** The package types its wrapper only; this is the WebAssembly module below it, of which several instances can be made. */
declare module 'libpg-query/wasm/libpg-query.js' {
  export interface PgQueryInstance {
    lengthBytesUTF8: (text: string) => number
    stringToUTF8: (text: string, pointer: number, bytes: number) => void
    UTF8ToString: (pointer: number) => string
    getValue: (pointer: number, type: 'i32') => number
    _malloc: (bytes: number) => number
    _free: (pointer: number) => void
    _wasm_parse_query_raw: (query: number) => number
    _wasm_free_parse_result: (result: number) => void
  }
  const createInstance: () => Promise<PgQueryInstance>
  export default createInstance
}
