import { goInstall } from '../processes/go-install.ts'
import type { WaysOptions } from './ways.ts'

/**
 * Builds Temporal's CLI from its module. Not a newer one: later modules have `replace` directives, which `go install`
 * refuses. Its server is 1.29.
 */
export const buildTemporal = (target: string, options: WaysOptions): Promise<string> =>
  goInstall('github.com/temporalio/cli/cmd/temporal@v1.5.1', target, options)
