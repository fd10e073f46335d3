package net

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

var defaultPorts = map[string]string{"https": "443", "http": "80"}

var errHost = errors.New("its host is none")

// ParseURL reads a URL as browsers do where that matters for whom it reaches: the host in lower case, and a number such as 2130706433,
// 0x7f.1 or 127.1 as the IPv4 address that it stands for. base is nil where the text has to be absolute.
func ParseURL(text string, base *url.URL) (*url.URL, error) {
	target, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if base != nil {
		target = base.ResolveReference(target)
	}
	host, port := strings.ToLower(target.Hostname()), target.Port()
	if strings.Contains(host, ":") {
		return target, nil // IPv6, in its brackets.
	}
	if looksLikeNumber(host) {
		address, err := parseIPv4(host)
		if err != nil {
			return nil, err
		}
		host = address.String()
	}
	if target.Host = host; port != "" && port != defaultPorts[target.Scheme] {
		target.Host += ":" + port
	}
	return target, nil
}

func looksLikeNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	_, err := parseNumber(last)
	return last != "" && (err == nil || strings.Trim(last, "0123456789") == "")
}

// parseIPv4 is the parser of the URL standard: the last number fills all bytes that are left.
func parseIPv4(host string) (netip.Addr, error) {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(labels) > 4 {
		return netip.Addr{}, errHost
	}
	var bytes [4]byte
	for i, label := range labels {
		number, err := parseNumber(label)
		if err != nil {
			return netip.Addr{}, err
		}
		if i < len(labels)-1 {
			if number > 255 {
				return netip.Addr{}, errHost
			}
			bytes[i] = byte(number)
			continue
		}
		for at := 3; at >= i; at-- {
			bytes[at] = byte(number)
			number >>= 8
		}
		if number != 0 {
			return netip.Addr{}, errHost
		}
	}
	return netip.AddrFrom4(bytes), nil
}

// parseNumber reads decimal, 0x hexadecimal and 0 octal.
func parseNumber(label string) (uint64, error) {
	base := 10
	if hexadecimal, isHex := strings.CutPrefix(label, "0x"); isHex {
		if hexadecimal == "" {
			return 0, nil
		}
		label, base = hexadecimal, 16
	} else if len(label) > 1 && label[0] == '0' {
		label, base = label[1:], 8
	}
	number, err := strconv.ParseUint(label, base, 64)
	if err != nil {
		return 0, errHost
	}
	return number, nil
}
