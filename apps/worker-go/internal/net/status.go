package net

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// TypeOfStatus gives the type of error that an HTTP status stands for, as schemas/errors.json describes the types.
func TypeOfStatus(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "auth"
	case status == http.StatusRequestTimeout:
		return "timeout"
	case status == http.StatusTooManyRequests:
		return "rate_limited"
	case status == http.StatusServiceUnavailable || status == 529:
		return "overloaded"
	case status >= 500:
		return "unavailable"
	default:
		return "invalid_request"
	}
}

var seconds = regexp.MustCompile(`^\d{1,9}(\.\d+)?$`)

// ParseRetryAfter gives what a `Retry-After` header asks for: seconds, or an HTTP date. 0 where it says neither.
func ParseRetryAfter(header string, now time.Time) time.Duration {
	text := strings.TrimSpace(header)
	if seconds.MatchString(text) {
		number, _ := strconv.ParseFloat(text, 64)
		return time.Duration(math.Round(number*1000)) * time.Millisecond
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
