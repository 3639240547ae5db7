/**
 * Every failure that leaves a process, in one table: code → [HTTP status, message, what to do].
 * `{name}` is filled from the error's data. Codes are stable: clients decide by code, never by message.
 * docs/errors.md lists the same rows; a test compares both.
 */
export const errors = {
  // requests
  INVALID_REQUEST: [400, 'The request is not valid: {problem}.', 'Correct the named field and send it again.'],
  NOT_FOUND: [404, '{what} was not found.', 'Check the name or id; it may have been removed.'],
  CONFLICT: [409, '{problem}.', 'Look at how it stands now; if what you wanted still makes sense then, try again.'],
  BODY_TOO_LARGE: [
    413,
    'The message has {bytes} bytes; at most {limit} are accepted.',
    'Send a smaller message, or ask an administrator to raise the limit.',
  ],
  INTERNAL: [
    500,
    'Something failed inside {where}. Reference {reference}.',
    'Give the reference to an administrator: the log has the details.',
  ],

  // identity
  SIGN_IN_REQUIRED: [401, 'You are not signed in.', 'Sign in and try again.'],
  SIGN_IN_CANCELLED: [400, 'The sign-in was cancelled.', 'Start the sign-in again.'],
  SIGN_IN_TIMED_OUT: [408, 'Nobody finished the sign-in within {seconds} seconds.', 'Start the sign-in again.'],
  SIGN_IN_REFUSED: [403, 'The identity provider refused the sign-in: {problem}.', 'Check the account, or ask an administrator.'],
  SIGN_IN_RESPONSE_INVALID: [
    400,
    'The sign-in answer was not accepted: {problem}.',
    'Start the sign-in again from the application; do not reuse links.',
  ],
  IDENTITY_PROVIDER_UNREACHABLE: [
    502,
    'The identity provider {issuer} cannot be reached.',
    'Check the network and the issuer address in the gateway configuration.',
  ],
  TOKEN_INVALID: [401, 'The access token was not accepted: {problem}.', 'Sign in again.'],
  TOKEN_EXPIRED: [
    401,
    'The access token has expired.',
    'Sign in again; the application renews tokens by itself while it can reach the gateway.',
  ],
  PROOF_INVALID: [
    401,
    'The proof of possession (DPoP) was not accepted: {problem}.',
    'Sign in again. If it persists, check this computer’s clock.',
  ],
  PROOF_REPLAYED: [401, 'This proof of possession (DPoP) was used before.', 'Send each request with a fresh proof.'],
  FORBIDDEN: [403, 'Your roles do not allow this: {needed} is needed.', 'Ask an administrator for the role.'],

  // agents and connections
  JOIN_TOKEN_INVALID: [401, 'The join token is unknown, used or expired.', 'Ask an administrator for a new join token.'],
  AGENT_UNKNOWN: [401, 'This agent is not enrolled at the gateway.', 'Enrol it with a new join token.'],
  AGENT_OFFLINE: [
    503,
    'The agent {agent} is not connected.',
    'Wait for it to reconnect, or ask an administrator to check the machine it runs on.',
  ],
  AGENT_LOST: [
    502,
    'The agent {agent} disconnected while the call was running.',
    'The call may have run. Check its effect, then start a new session.',
  ],
  CONNECTION_ALTERED: [
    409,
    'The connection {connection} is not used: what is stored of it is not what the log says was stored.',
    'Tell an administrator: somebody changed the database of the gateway. Remove the connection and create it again.',
  ],
  SERVER_UNKNOWN: [404, 'The agent {agent} does not offer a server named {server}.', 'Choose one of the servers that the agent declares.'],
  SERVER_START_FAILED: [502, 'The MCP server {server} did not start: {problem}.', 'Ask an administrator to look at the agent’s log.'],
  SERVER_STOPPED: [502, 'The MCP server {server} stopped: {problem}.', 'Start a new session. If it stops again, ask an administrator.'],
  SERVER_CRASHED: [
    502,
    'The MCP server {server} stopped: {problem}. It is started anew for the next client that initializes.',
    'The call may have run. Check its effect before repeating it; most clients connect again by themselves.',
  ],
  SERVER_OUTPUT_INVALID: [
    502,
    'The MCP server {server} wrote something that does not follow the protocol.',
    'Ask an administrator to check the server’s version and its standard output.',
  ],
  SERVER_UNREACHABLE: [
    502,
    'The MCP server {server} cannot be reached: {problem}.',
    'Try again. If it persists, ask an administrator to look at the server and the agent’s log.',
  ],
  SERVER_UNAUTHORIZED: [
    502,
    'The MCP server {server} does not accept the agent’s credential.',
    'Ask an administrator to renew the credential in the agent’s configuration.',
  ],
  SERVER_TOKEN_UNAVAILABLE: [
    502,
    'The agent got no access token for the MCP server {server}: {problem}.',
    'Try again. If it persists, ask an administrator to look at the authorization server and the agent’s log.',
  ],
  SERVER_TOKEN_REFUSED: [
    502,
    'The authorization server gives the agent no access token for the MCP server {server}: {problem}.',
    'Ask an administrator to check the client, its secret and its scopes in the agent’s configuration.',
  ],
  SERVER_TIMED_OUT: [504, 'The MCP server {server} gave no answer within {seconds} seconds.', 'Try again, or ask for less at once.'],
  SECRET_UNAVAILABLE: [
    500,
    'The secret for {name} could not be read: {problem}.',
    'Check the reference (env: or file:) in the agent’s configuration.',
  ],

  // sessions and the local endpoint
  SESSION_UNKNOWN: [404, 'There is no such session, or it is not yours.', 'Start a session in Gatehouse.'],
  SESSION_ENDED: [410, 'The session has ended ({reason}).', 'Start a new session in Gatehouse.'],
  TOO_MANY_SESSIONS: [
    429,
    'Too many sessions run {where}: at most {limit} are allowed.',
    'End a session that is not needed any more, then try again.',
  ],
  DESKTOP_NOT_RUNNING: [503, 'Gatehouse is not running.', 'Start it, open a session to {connection}, then start this server again.'],
  SESSION_NOT_OPEN: [404, 'No session to {connection} is open.', 'Open one in Gatehouse, then start this server again.'],
  LOCAL_TOKEN_INVALID: [
    401,
    'The bearer secret of the local endpoint is missing or wrong.',
    'Each session has a secret of its own: copy the client configuration from the page of the session that runs now.',
  ],
  LOCAL_HOST_REFUSED: [403, 'The Host header {host} is not this computer’s loopback address.', 'Use the address from the session page.'],
  LOCAL_ORIGIN_REFUSED: [403, 'Requests from web pages (Origin {origin}) are refused.', 'Use an MCP client, not a web page.'],
  GATEWAY_UNREACHABLE: [503, 'The gateway {gateway} cannot be reached.', 'Check the network; Gatehouse reconnects by itself.'],
  TUNNEL_LOST: [
    502,
    'The connection to the gateway broke while the call was running.',
    'The call may have run. Check its effect before repeating it.',
  ],

  OUTCOME_UNKNOWN: [
    502,
    'The gateway stopped while the call was under way.',
    'The call may have been executed. Check its effect before repeating it.',
  ],

  CALL_CANCELLED: [
    499,
    'The client closed its stream, which cancels the call.',
    'The call may have run. Check its effect before repeating it.',
  ],

  // messages
  MESSAGE_NOT_JSON: [400, 'The message is not valid JSON: {problem}.', 'Send one JSON-RPC message in UTF-8.'],
  MESSAGE_NOT_JSONRPC: [400, 'The message is not JSON-RPC 2.0: {problem}.', 'Send one JSON-RPC request, notification or response.'],
  MESSAGE_DUPLICATE_KEY: [
    400,
    'The message has a key twice in one object, at character {at}.',
    'Send each key once: servers disagree about which one counts.',
  ],
  MESSAGE_NUMBER_UNSAFE: [400, 'The number at character {at} cannot be represented exactly.', 'Send it as a string.'],
  MESSAGE_TOO_DEEP: [400, 'The message nests deeper than {limit} levels.', 'Send a flatter message.'],
  MESSAGE_BATCH: [400, 'JSON-RPC batches are not accepted.', 'Send the messages one by one.'],
  CONTENT_TYPE_REFUSED: [415, 'The message is not sent as JSON in UTF-8.', 'Send it with Content-Type: application/json.'],
  HEADER_MISMATCH: [400, 'The header {header} says something else than the body.', 'Send the header with the same value as the body.'],
  HEADER_MISSING: [400, 'The header {header} is missing.', 'Send the header with the same value as the body.'],
  ANSWER_TOO_LARGE: [
    502,
    'The answer was withheld: it has {bytes} bytes, and at most {limit} are passed on.',
    'Ask for less at once (a page, a filter, a limit), or ask an administrator to raise limits.responseBytes.',
  ],
  INSPECTION_FAILED: [
    503,
    'The message was withheld: it could not be checked ({problem}).',
    'Try again later, or send and ask for less at once.',
  ],
  MESSAGE_UNMASKABLE: [
    502,
    'The answer was withheld: it could not be checked for sensitive data ({problem}).',
    'Ask for less data, or ask an administrator.',
  ],
  MESSAGE_BLOCKED: [
    403,
    'The message was withheld by the masking rule {rule}: {because}',
    'Leave out what the rule names, or ask the owner of the rule {rule}.',
  ],

  // policy and approval
  POLICY_DENIED: [403, '{because}', 'If you need this, ask the owner of the rule {rule}.'],
  TOOL_CHANGED: [
    403,
    'The tool {tool} is held: {problem}.',
    'Ask an administrator to look at its definition (Connections, {connection}, Tools) and to accept or reject it; then list the tools again.',
  ],
  TOOL_UNKNOWN: [404, 'The server of {connection} has never listed a tool named {tool}.', 'List the tools again and use one of them.'],
  POLICY_INVALID: [422, 'The policy is not valid: {problem}.', 'Correct the named place; the version in force stays in force.'],
  MASKING_INVALID: [422, 'The masking rules are not valid: {problem}.', 'Correct the named place; the version in force stays in force.'],
  MASKING_TRIAL_TOO_LARGE: [413, 'The response has {bytes} bytes; at most {limit} can be tried.', 'Try a part of it.'],
  MASKING_TRIAL_STOPPED: [
    503,
    'The trial was stopped: it took longer than {seconds} seconds, or too much memory.',
    'Try a smaller response, or simpler patterns.',
  ],
  PROPOSAL_OWN: [403, 'You proposed this version yourself; somebody else has to decide.', 'Ask another administrator, or withdraw it.'],
  PROPOSAL_NOT_OPEN: [409, 'The proposal is {state}.', 'If the version is still wanted, propose it again.'],
  APPROVAL_PENDING: [202, 'Waiting for approval {approval}.', 'Repeat the same call: it attaches to the same approval.'],
  APPROVAL_DENIED: [403, 'The approval {approval} was denied by {by}: {reason}', 'Talk to the reviewer before you try again.'],
  APPROVAL_EXPIRED: [403, 'Nobody decided approval {approval} in time.', 'Make the call again when a reviewer is there.'],
  APPROVAL_VOID: [409, 'The approval {approval} is void: {reason}.', 'Make the call again; it needs a new approval.'],
  APPROVAL_NOT_PENDING: [409, 'The approval {approval} is already {state}.', 'Nothing is left to decide.'],
  APPROVAL_OWN_REQUEST: [403, 'You asked for this yourself; somebody else has to decide.', 'Ask another reviewer.'],
  APPROVAL_NOT_REVIEWER: [403, 'Deciding this needs one of the groups {groups}.', 'Ask a member of these groups.'],
  APPROVAL_ALREADY_VOTED: [409, 'You have already decided this request.', 'Nothing is left for you to decide.'],
  APPROVAL_DECIDED_FOR_YOU: [
    409,
    '{by} has decided this request in your place.',
    'Nothing is left for you to decide. If it must not run, end its session, or ask another reviewer to deny it.',
  ],
  APPROVAL_NOT_DELEGATED: [
    403,
    'You cannot decide this in the place of somebody else: {problem}.',
    'Ask a member of the groups that may decide it.',
  ],
  DELEGATION_INVALID: [400, 'Nobody can be named to decide in your place like this: {problem}.', 'Change it, and sign it again.'],
  APPROVAL_SIGNATURE_INVALID: [400, 'The signature of the decision was not accepted: {problem}.', 'Sign in again and decide once more.'],
  ACCESS_NEEDED: [
    403,
    'Sessions on {connection} need access, and you have none: {problem}',
    'Ask for access on the page Connections; start the session once it is granted.',
  ],
  ACCESS_ENDED: [
    410,
    'Your access to {connection} has ended: {reason}.',
    'Ask for access again on the page Connections, then start a new session.',
  ],
  ACCESS_NOT_MEMBER: [403, 'The rule {rule} is for the groups {groups}.', 'Ask a member of these groups, or an administrator.'],
  ACCESS_OUTSIDE_WINDOW: [403, 'The rule {rule} is closed now: {problem}', 'Ask again when it is open.'],
  ACCESS_TOO_LONG: [400, 'The rule {rule} gives at most {limit} minutes.', 'Ask for less time; ask again when it is over.'],
  ACCESS_TICKET_REQUIRED: [400, 'The rule {rule} needs a ticket.', 'Name the ticket that this access is for.'],
  ACCESS_TICKET_INVALID: [
    400,
    'The ticket does not have the form that the rule {rule} asks for.',
    'Write the ticket as {pattern} describes it.',
  ],
  ACCESS_REQUEST_NOT_PENDING: [409, 'The request {request} is {state}.', 'Ask for access again if it is still needed.'],
  ACCESS_RULE_INVALID: [422, 'The access rule is not valid: {problem}.', 'Correct the named field; the rule in force stays in force.'],
  APPROVAL_RATE_LIMITED: [
    429,
    'Approval was asked for {count} times within {minutes} minutes {scope}; more is not put before reviewers.',
    'Wait some minutes. Ask the reviewers whether, and in which form, they would approve it.',
  ],
  APPROVAL_REPORTED: [403, 'The call was reported by {by}: {reason}', 'The session is over. Talk to the reviewer or an administrator.'],
  STEP_UP_REQUIRED: [
    403,
    'This needs a fresh sign-in, made for this request.',
    'Do it in Gatehouse: it opens the browser for the sign-in.',
  ],
  STEP_UP_INVALID: [403, 'The fresh sign-in was not accepted: {problem}.', 'Sign in again as yourself, in the way that the rule asks for.'],
  BREAK_GLASS_NOT_NAMED: [403, 'The rule {rule} does not name you.', 'Ask somebody whom it names, or ask for an approval.'],
  BREAK_GLASS_REASON: [
    400,
    'Breaking the glass needs a reason of at least {characters} characters, and at most 1000.',
    'Say what happens and why it cannot wait for a reviewer.',
  ],
  BREAK_GLASS_TOO_LONG: [400, 'The rule {rule} gives at most {limit} minutes.', 'Ask for less time.'],
  BREAK_GLASS_REVIEWS_DUE: [
    409,
    'Nobody has reviewed {count} times that you broke the glass; more is not opened before.',
    'Ask the reviewers of these rules to look at them, or ask for an approval.',
  ],
  BREAK_GLASS_RULE_INVALID: [422, 'The rule is not valid: {problem}.', 'Correct the named field; the rule in force stays in force.'],
  AGENT_REFUSED: [
    403,
    'The agent of {server} did not run the call: {problem}.',
    'Make the call again. If it happens again, an administrator has to compare what the gateway does with the rules that the agent holds.',
  ],
  REASON_REQUIRED: [400, 'A reason is required.', 'Say in a few words why.'],

  // evidence
  RECORDING_UNAVAILABLE: [
    503,
    'The recording store cannot write ({problem}), so traffic is stopped.',
    'Ask an administrator to check the recordings folder: free space and permissions.',
  ],
  RECORDING_REMOVED: [
    410,
    'The recording of session {session} was removed by the rule of retention on {at}; entry {index} of the log says so.',
    'Look for a copy that somebody downloaded, or in an evidence pack: it can still be verified.',
  ],
  STORAGE_LOW: [
    507,
    'No new session is started: the disk of the recordings has {free} MB left, and {minimum} MB are kept free.',
    'Ask an administrator to make room on the disk of the recordings and the log.',
  ],
  LOG_UNAVAILABLE: [
    503,
    'The audit log cannot write ({problem}), so traffic is stopped.',
    'Ask an administrator to check the log folder: free space and permissions.',
  ],
  LOG_CORRUPT: [
    500,
    'The audit log does not add up: {problem}.',
    'Leave its files as they are, stop the gateway, run gatehouse log check, and compare the log with a copy.',
  ],
  RECORDING_INVALID: [422, 'The recording cannot be used: {problem}.', 'Get the recording from the gateway again.'],
  PACK_REFUSED: [422, 'The file was not opened as an evidence pack: {problem}.', 'Ask whoever sent it for a pack as Gatehouse writes it.'],
  PACK_INVALID: [422, 'The evidence pack is not well formed: {problem}.', 'Get the pack again from whoever made it.'],
  PACK_ALTERED: [
    422,
    'The evidence pack is not what its manifest and its log say: {problem}.',
    'Nothing of it was kept. Treat it as altered: keep the file, ask for a new export over another way, and compare the two.',
  ],
  IMPORT_CANCELLED: [409, 'The import was stopped; {done} of {total} recordings were kept.', 'Open the file again to go on.'],
  PROOF_FILE_INVALID: [
    422,
    'The proof cannot be used: {problem}.',
    'Get the proof from the gateway again; it belongs beside its recording, under the same name.',
  ],
  KEY_INVALID: [422, 'The verifier key cannot be used: {problem}.', 'Use the key as the gateway publishes it: name+id+base64.'],
  PACK_NOT_RECORDING: [
    422,
    'The file {file} is an evidence pack, not a recording.',
    'Unpack it, and run node verify/verify.mjs --key KEY in its folder.',
  ],
  VERIFICATION_FAILED: [422, 'The recording does not verify: {problem}.', 'Treat it as altered. Compare with other copies.'],

  // the library of this computer
  FILE_UNKNOWN: [
    422,
    'The file {file} is no recording, evidence pack or proof: {problem}.',
    'Open a recording (.jsonl, with its proof and key beside it), an evidence pack (.zip, or its folder) or a proof (.tlog-proof).',
  ],
  PROOF_ALONE: [
    422,
    'The recording of session {session}, which this proof is about, is not here.',
    'Put the recording beside the proof, under the same name and with .jsonl at its end, and open it.',
  ],
  LIBRARY_UNREADABLE: [
    500,
    'The library on this computer cannot be opened: {problem}.',
    'If a newer Gatehouse made it, start that one. Otherwise quit, move {file} elsewhere, keep it for whoever looks into it, and start again: recordings can be downloaded or opened anew, and what was known of the log is learnt anew.',
  ],
  LIBRARY_FULL: [
    507,
    'The library has no room for it: {used} of {limit} are used, and {needed} are needed.',
    'Remove recordings that you do not need here (Settings, Library, the oldest first) or give the library more room; then resume.',
  ],
  DISK_FULL: [
    507,
    'The disk of this computer has no room for it: free {free}, needed {needed}.',
    'Remove recordings from the library (Settings, Library, the oldest first) or other files from the disk; then resume.',
  ],
  DOWNLOAD_UNVERIFIED: [
    422,
    'What the gateway handed out does not verify: {problem}',
    'It was not taken into the library. Try again; if it stays so, open it from the list, where it is kept and shown as failed, and tell an administrator.',
  ],

  // programs
  CONFIG_INVALID: [400, 'The configuration {file} is not valid: {problem}.', 'Correct the named place and start again.'],
  CONFIG_UNREADABLE: [400, 'The configuration {file} cannot be read: {problem}.', 'Check the path and its permissions.'],
  FILE_UNWRITABLE: [400, 'The file {file} cannot be written: {problem}.', 'Choose another place, or make room.'],
  FILE_UNREADABLE: [400, 'The file {file} cannot be read: {problem}.', 'Check the path and its permissions.'],
  PORT_TAKEN: [409, 'Port {port} is taken.', 'Stop the program that uses it, or configure another port.'],
} as const satisfies Record<string, readonly [status: number, message: string, remedy: string]>

export type ErrorCode = keyof typeof errors
