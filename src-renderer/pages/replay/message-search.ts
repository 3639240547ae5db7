/** What a search of words knows between two redraws. */
export interface SearchState {
  /** what is in the field */
  wanted: string
  /** what the library was asked last */
  asked: string
  /** what the matches on the screen are about; empty while there are none */
  answered: string
  /** the library's answer to `asked`; undefined until it is there */
  answer: 'waiting' | 'here' | 'failed'
}

/**
 * What follows from it. A text is asked for at once, and what is typed meanwhile when the answer is there: nobody waits for a pause in the typing, and there
 * is never more than one question. What is shown stays as it is until the answer has come, matches and marks together, so a keystroke redraws only the field.
 */
export function stepSearch({
  wanted,
  asked,
  answered,
  answer,
}: SearchState): Pick<SearchState, 'asked' | 'answered'> & { searching: boolean } {
  const next = answer === 'waiting' && asked !== '' ? asked : wanted
  return {
    asked: next,
    // an answer to what stood there before the field was emptied says nothing about what stands there now
    answered: wanted === '' || answer === 'failed' ? '' : answer === 'here' ? asked : answered,
    searching: wanted !== '' && (wanted !== asked || answer === 'waiting'),
  }
}
