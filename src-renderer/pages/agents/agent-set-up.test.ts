import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { agentConfig } from '../../../src-protocol/config.ts'
import { agentCommand, agentFile } from './agent-set-up.ts'

test('the file that is offered is a configuration that an agent accepts', () => {
  expect(agentConfig.parse(parse(agentFile('https://gate.acme.example')))).toMatchObject({
    gateway: 'https://gate.acme.example',
    joinToken: 'env:GATEHOUSE_JOIN_TOKEN',
  })
})

test('the command passes the token as the file names it', () => {
  expect(agentCommand('ghj_1')).toBe('GATEHOUSE_JOIN_TOKEN=ghj_1 gatehouse agent --config agent.yaml')
})
