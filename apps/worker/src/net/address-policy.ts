import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Networks that are not the public internet: IANA's special-purpose registries, and what clouds put their metadata on. */
const CLOSED_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/** Only 2000::/3 is given out for the public internet; these parts of it are not, or carry IPv4 addresses inside. */
const CLOSED_V6 = [
  ['2001::', 23], // Protocol assignments, Teredo among them
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
] as const

const closedV4 = new BlockList()
for (const [network, prefix] of CLOSED_V4) closedV4.addSubnet(network, prefix, 'ipv4')
// Azure answers for its platform on an address that looks public.
closedV4.addAddress('168.63.129.16', 'ipv4')

const closedV6 = new BlockList()
for (const [network, prefix] of CLOSED_V6) closedV6.addSubnet(network, prefix, 'ipv6')

const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')

/** Says whether an IP address is one of the public internet. IPv4 inside of IPv6, in any of its forms, is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closedV4.check(address, 'ipv4')
  return isIPv6(address) && globalV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6')
}
