/** The text that a reviewer's key signs (ES256, IEEE P1363, base64url), in UTF-8. The reason goes in as SHA-256 (hex) of its UTF-8 bytes. */
export function voteText(vote: {
  approval: string
  digest: string
  decision: 'approve' | 'deny'
  reasonSha256: string
  sub: string
  onBehalfOf?: { sub: string; delegation: string } | undefined
  at: string
}): string {
  const said = `${vote.approval}\n${vote.digest}\n${vote.decision}\n${vote.reasonSha256}\n${vote.sub}\n`
  // another first line, so that a vote in somebody's place can never be taken for one of the voter's own
  const { onBehalfOf } = vote
  if (onBehalfOf) return `gatehouse-vote/v2\n${said}${onBehalfOf.sub}\n${onBehalfOf.delegation}\n${vote.at}\n`
  return `gatehouse-vote/v1\n${said}${vote.at}\n`
}
