// A Go worker with functions of its own: build it, and start it beside the others.
//
//	go build -o go-tools . && TREADLE_DATABASE_URL=… TREADLE_BLOBS=… ./go-tools
//
// rank.yaml in this folder is a document that calls them.
package main

import "treadle.dev/treadle"

func main() {
	treadle.Register("rank", Rank, treadle.Describe("Finds the text with the best score."))
	treadle.Register("summarise", Summarise,
		treadle.Describe("Counts the words of texts, one after the other."), treadle.Grant("SUMMARY_SALT"))
	treadle.Main()
}
