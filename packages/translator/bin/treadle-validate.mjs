#!/usr/bin/env node
// Checked in, so that it can be linked before anything is built.
import '../dist/cli.js'
