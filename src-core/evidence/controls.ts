/** A criterion of SOC 2 in our own words (the official text is copyrighted), and where the pack holds what speaks for it. */
export interface Control {
  id: string
  title: string
  /** what is held about it */
  evidence: string
  /** how it can be tried */
  test: string
  /** files of the pack */
  files: readonly string[]
}

export const controls: readonly Control[] = [
  {
    id: 'CC6.1',
    title: 'Access is limited to who may have it',
    evidence: 'Every message with the decision about it; what no rule allows is denied.',
    test: 'A call that no rule matches is denied.',
    files: ['population/decisions.csv', 'population/policies.csv'],
  },
  {
    id: 'CC6.2',
    title: 'Access is given to known people and taken from those who leave',
    evidence: 'Every person who opened a session, with the first and the last one.',
    test: 'Somebody who left has no later session.',
    files: ['population/people.csv', 'population/sessions.csv'],
  },
  {
    id: 'CC6.3',
    title: 'Rights follow roles, and nobody approves their own request',
    evidence: 'Groups and roles of each session, approvals with requester and voters.',
    test: 'No approver is the requester.',
    files: ['population/approvals.csv', 'population/sessions.csv'],
  },
  {
    id: 'CC6.6',
    title: 'What comes from outside is let in only after it has proved who it is',
    evidence: 'Messages that were refused, with the reason.',
    test: 'A request without a sign-in is refused.',
    files: ['population/refusals.csv'],
  },
  {
    id: 'CC7.2',
    title: 'What happens is watched without gaps',
    evidence: 'All log entries of the period, the dense numbers of the sessions, and the times at which the gateway was not up.',
    test: 'No number of a session is missing, and nothing was written while the gateway was stopped.',
    files: ['log/entries.jsonl', 'population/sessions.csv', 'population/uptime.csv'],
  },
  {
    id: 'CC7.3',
    title: 'What stands out is looked at by a person',
    evidence: 'Denied and held calls, and who decided about them, and when.',
    test: 'Every held call was decided about, or ran out of time.',
    files: ['population/approvals.csv', 'population/decisions.csv'],
  },
  {
    id: 'CC8.1',
    title: 'Changes of the rules are made by named people and leave a trace',
    evidence: 'Every version of policy and masking that was in force, with its hash, its author and, where it takes two, who agreed to it.',
    test: 'The hash that decided is the hash of a version in the log.',
    files: ['population/policies.csv', 'population/decisions.csv'],
  },
  {
    id: 'C1.1',
    title: 'Confidential values are kept from those who need not see them',
    evidence: 'What was masked, where, and by which rule.',
    test: 'A value that was planted is in no recording.',
    files: ['population/masks.csv'],
  },
  {
    id: 'PI1.4',
    title: 'What was processed is complete',
    evidence: 'The number of rows of each table, and the log that says how many there are.',
    test: 'Counting again gives the numbers of the manifest.',
    files: ['manifest.json', 'log/entries.jsonl'],
  },
  {
    id: 'A1.2',
    title: 'Records survive failures',
    evidence: 'Recordings that went on after a restart or were closed after a crash, with what the log knew of them.',
    test: 'The root of each recording is the one in the log.',
    files: ['population/sessions.csv', 'log/entries.jsonl'],
  },
]
