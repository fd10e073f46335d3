import { TreadleError } from '@treadle/contract'
import { checkProtocol } from './http-exchange.ts'

/** The address of a tool: http or https, without credentials in it. @throws TreadleError `invalid_request` */
export function parseToolUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new TreadleError('invalid_request', `The tool’s url is not a URL: ${text.slice(0, 200)}`)
  const url = new URL(text)
  checkProtocol(url)
  if (url.username !== '' || url.password !== '') {
    throw new TreadleError(
      'invalid_request',
      'The tool’s url holds a user or password: give them as a header with a secret.',
    )
  }
  return url
}
