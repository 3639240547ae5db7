import type { AccessGrant, AccessOffer, AccessRule, AccessStanding } from '../../src-protocol/access.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { AccessBook } from './access-book.ts'
import { describeSchedule } from './access-schedule.ts'
import { isForPerson, judgeOffer } from './judge-access.ts'

interface StandingFacts {
  connection: Pick<Connection, 'name' | 'groups' | 'altered'>
  person: Pick<Person, 'sub' | 'groups' | 'roles'>
  book: Pick<AccessBook, 'rules' | 'rule' | 'grants' | 'requests'>
  now: Date
  /** false for a grant that is being ended at this moment */
  stands?: (grant: AccessGrant) => boolean
}

/** How somebody stands to a connection at this moment, and why, in sentences that fit whoever reads them. */
export function explainStanding({ connection, person, book, now, stands = () => true }: StandingFacts): AccessStanding {
  const closed = (...why: string[]): AccessStanding => ({ state: 'closed', why, offers: [] })
  if (connection.altered) return closed('The connection is not used: what is stored of it is not what the log says.')
  if (!person.roles.includes('operator')) return closed('Starting sessions needs the role operator.')
  const own = connection.groups.filter((group) => person.groups.includes(group))
  if (connection.groups.length > 0 && own.length === 0) {
    return closed(`The connection is open to ${groupList(connection.groups)} only.`)
  }
  const base = own.length > 0 ? `The connection is open to ${groupList(own)}.` : 'The connection is open to every operator.'
  const rules = book.rules(connection.name)
  if (rules.length === 0) return { state: 'free', why: [base, 'No access rule guards it: sessions start without asking.'], offers: [] }

  const offers = rules.map((rule) => offerOf(rule, person, now))
  const grant = currentGrant(book, person, connection.name, now, stands)
  const request = book
    .requests()
    .find(({ state, requester, connection: name }) => state === 'pending' && requester.sub === person.sub && name === connection.name)
  const shared = { offers, ...(grant && { grant }), ...(request && { request }) }
  if (grant) return { ...shared, state: 'granted', why: [base, grantSentence(grant)] }
  if (request) {
    const approvers = groupList(request.digestInput.approvers)
    return {
      ...shared,
      state: 'waiting',
      why: [base, `The rule “${request.ruleTitle}” was asked; a reviewer in ${approvers} has to decide.`],
    }
  }
  const sentences = offers.map(offerSentence)
  return { ...shared, state: offers.some(({ obstacle }) => obstacle === undefined) ? 'ask' : 'closed', why: [base, ...sentences] }
}

/** The grant under which a session could start now: the one that lasts longest. */
export function currentGrant(
  book: Pick<AccessBook, 'grants' | 'rule'>,
  person: Pick<Person, 'sub' | 'groups' | 'roles'>,
  connection: string,
  now: Date,
  stands: (grant: AccessGrant) => boolean = () => true,
): AccessGrant | undefined {
  const usable = book.grants().filter((grant) => {
    const rule = book.rule(grant.rule)
    const itsTime = Date.parse(grant.startsAt) <= now.getTime() && now.getTime() < Date.parse(grant.endsAt)
    const theirs = grant.connection === connection && grant.person.sub === person.sub && grant.endedAt === undefined
    return theirs && itsTime && rule !== undefined && isForPerson(rule.terms, person) && stands(grant)
  })
  return usable.toSorted((a, b) => b.endsAt.localeCompare(a.endsAt))[0]
}

function offerOf(rule: AccessRule, person: Pick<Person, 'groups' | 'roles'>, now: Date): AccessOffer {
  const judged = judgeOffer(rule.terms, person, now)
  if (!judged.ok) return { rule, obstacle: judged.error.message }
  return { rule, ...(judged.closesAt && { closesAt: judged.closesAt.toISOString() }) }
}

function grantSentence({ ruleTitle, reason, ticket, approvedBy }: AccessGrant): string {
  const by = approvedBy ? `approved by ${approvedBy.name}` : 'which needs no approval'
  const why = [reason === '' ? undefined : `“${reason}”`, ticket].filter((part) => part !== undefined).join(', ')
  return `The rule “${ruleTitle}” gave access, ${by}${why === '' ? '' : ` (${why})`}.`
}

function offerSentence({ rule: { terms }, obstacle }: AccessOffer): string {
  if (obstacle !== undefined) return obstacle
  const decided = terms.approvers.length === 0 ? 'nobody has to approve' : `a reviewer in ${groupList(terms.approvers)} decides`
  const when = terms.schedule ? `, ${describeSchedule(terms.schedule)}` : ''
  return `The rule “${terms.title}” can be asked for up to ${terms.maxMinutes} minutes${when}; ${decided}.`
}

const groupList = (groups: readonly string[]): string => `the ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}`
