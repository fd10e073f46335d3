// Package net is the way to the outside: which addresses tools may reach, and how much, how long and how often.
package net

import "net/netip"

// closed are networks that are not the public internet: IANA's special-purpose registries, and what clouds put their metadata on. Of
// IPv6 only 2000::/3 is given out; the parts listed are not, or carry IPv4 addresses inside.
var closed = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure answers for its platform on an address that looks public.
	"2001::/23",        // Protocol assignments, Teredo among them
	"2001:db8::/32",
	"2002::/16", // 6to4
	"3fff::/20",
)

var globalV6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}

// isPublic says whether an address is one of the public internet. IPv4 inside of IPv6, in any of its forms, is not.
func isPublic(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" || address.Is6() && !globalV6.Contains(address) {
		return false
	}
	for _, network := range closed {
		if network.Contains(address) {
			return false
		}
	}
	return true
}
