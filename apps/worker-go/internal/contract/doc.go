// Package contract is the leaf that everything else leans on: the shapes that cross a process, made from schemas/, the table of errors,
// and the names that are spelled alike in TypeScript, Python and Go.
package contract
