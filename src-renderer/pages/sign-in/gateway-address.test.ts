import { expect, test } from 'vitest'
import { gatewayAddressProblem } from './gateway-address.ts'

test.for([
  'https://gate.acme.example',
  ' https://gate.acme.example:8443/ ',
  'http://127.0.0.1:7420',
  'http://localhost:7420',
  'http://[::1]:7420',
])('%s can be tried', (address) => {
  expect(gatewayAddressProblem(address)).toBeUndefined()
})

test.for([
  ['', 'Enter the address'],
  ['gate.acme.example', 'not an address'],
  ['ftp://gate.acme.example', 'starts with https'],
  ['javascript:alert(1)', 'starts with https'],
  ['http://gate.acme.example', 'Without https'],
  ['http://127.0.0.1.evil.example', 'Without https'],
  ['https://gate.acme.example?x=1', 'without a query'],
  ['https://someone@gate.acme.example', 'without a query'],
] as const)('%s is refused', ([address, sentence]) => {
  expect(gatewayAddressProblem(address)).toContain(sentence)
})
