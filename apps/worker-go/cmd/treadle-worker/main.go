// The Go worker without functions of anybody's own: model calls, http tools, and what else needs no code. See package treadle for how a
// program adds functions.
package main

import "treadle.dev/treadle"

func main() { treadle.Main() }
